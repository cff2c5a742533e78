"""The source notebook of an assignment, made from the exercises of a course.

For each exercise: the statement, the cell for the answer, an example to play with, and a locked test
cell that calls `dlex.check`. No check, no expected value and no reference is in it.
"""

from __future__ import annotations

import ast
import doctest
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from dlex.course import Exercise
from dlex.errors import CourseError, UsageError
from dlex.files import write_atomically
from dlex.language import _
from dlex.notebooks.cells import EXAMPLE, answer_id, grade_id_of, grading, statement_id, test_id

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def build(folder: Path, assignment: str, title: str, exercises: list[Exercise]) -> Path:
    """Write `source/ASSIGNMENT/ASSIGNMENT.ipynb` below `folder`; returns its path.

    A notebook that is there already keeps the cells that are not dlex's; those of the exercises are
    renewed where they stand, or added at the end.

    Raises:
        CourseError: a solution, a grader or a reference is broken.
        UsageError: what is there already is no notebook.
    """
    from dlex.grading.plugin import max_scores  # imports torch

    points = max_scores(exercises[0].course, exercises)
    path = folder / "source" / assignment / f"{assignment}.ipynb"
    notebook = _existing(path) or v4.new_notebook(cells=[v4.new_markdown_cell(f"# {title}", id="title")])
    for exercise in exercises:
        _put(notebook, exercise_cells(exercise, points[exercise.id]))
    notebook.metadata.setdefault("kernelspec", KERNEL)
    nbformat.validate(notebook)
    write_atomically(path, nbformat.writes(notebook) + "\n")
    return path


def exercise_cells(exercise: Exercise, points: float) -> list[NotebookNode]:
    """Statement, answer, example (if there is one) and test cell of an exercise."""
    id, example = exercise.id, _example(exercise)
    statement = grading(statement_id(id), locked=True)
    test = grading(test_id(id), grade=True, locked=True, points=points)
    cells = {
        "statement": v4.new_markdown_cell(f"#{exercise.statement()}", metadata=statement),
        "answer": v4.new_code_cell(_answer(exercise), metadata=grading(answer_id(id), solution=True)),
        "example": v4.new_code_cell(example, metadata={EXAMPLE: id}),
        "test": v4.new_code_cell(f'import dlex\n\ndlex.check("{id}")', metadata=test),
    }
    for part, cell in cells.items():
        cell.id = f"{test_id(id)[:48]}-{part}"  # at most 64 characters
    return [cell for part, cell in cells.items() if part != "example" or example]


def _answer(exercise: Exercise) -> str:
    """The solution without its statement; nbgrader clears what is between the markers."""
    path = exercise.path("solutions")
    try:
        text = exercise.say_docstrings(path.read_text(encoding="utf-8"))
        statement = ast.parse(text).body[0]
    except (OSError, SyntaxError, IndexError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    return "\n".join(text.split("\n")[statement.end_lineno :]).strip()


def _example(exercise: Exercise) -> str:
    """The example of the first function that has one, with what it should give as comments."""
    tree = ast.parse(exercise.path("exercises").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in functions:
        examples = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
        if node.name in exercise.functions and examples:
            return "\n".join(_shown(example, example is examples[-1]) for example in examples)
    return ""


def _shown(example: doctest.Example, last: bool) -> str:
    source = example.source.rstrip()
    if not example.want:
        return source
    expected = "\n".join(f"# {line}".rstrip() for line in example.want.rstrip().split("\n"))
    heading = _("This should give")
    return f"# {heading}\n{expected}\n{source if last else f'print({source})'}"


def _existing(path: Path) -> NotebookNode | None:
    if not path.exists():
        return None
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError, json.JSONDecodeError) as error:
        raise UsageError(f"{path} is no notebook: {error}", "Repair it, or move it away.") from None


def _put(notebook: NotebookNode, cells: list[NotebookNode]) -> None:
    """Put an exercise's cells in the place of those that are there, or at the end."""
    places = {_key(cell): number for number, cell in enumerate(notebook.cells)}
    for cell in cells:
        place = places.get(_key(cell))
        if place is None:
            notebook.cells.append(cell)
        else:
            notebook.cells[place] = cell


def _key(cell: NotebookNode) -> str:
    """What identifies a cell of an exercise; the cell's own id for any other."""
    return grade_id_of(cell) or cell.metadata.get(EXAMPLE) or cell.get("id", "")
