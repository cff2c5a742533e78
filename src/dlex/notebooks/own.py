"""The score of a cell that is the instructor's own, as nbgrader gives it, without what nbgrader lets pass.

Printing and warning cost nothing, and only a test that ends in a value can be scored by one.
"""

from __future__ import annotations

import ast
import math

from nbformat import NotebookNode
from nbgrader import utils


def own_score(cell: NotebookNode, points: float) -> float | None:
    """Points of a graded cell; None if a person has to look at it.

    A manually graded answer: 0 if nothing was written, else None. A test: 0 after an exception; its last
    value, if its source ends in an expression; all points otherwise. A value that is no number from 0 to
    `points` is None.
    """
    if cell.cell_type != "code" or utils.is_solution(cell):
        return utils.determine_grade(cell)[0]
    if any(output.output_type == "error" for output in cell.outputs):
        return 0.0
    values = [output for output in cell.outputs if output.output_type == "execute_result"]
    if not values or not _ends_in_a_value(cell.source):
        return points
    return _number(values[-1].get("data", {}).get("text/plain", ""), points)


def _ends_in_a_value(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:  # magics
        return True
    return bool(body) and isinstance(body[-1], ast.Expr)


def _number(text: str, points: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= points else None
