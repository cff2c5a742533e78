"""What was expected, what came back and where they part, as coloured tables beside each other."""

from __future__ import annotations

import html
import math
import re
from typing import NamedTuple

from dlex.language import _
from dlex.results.records import Counterexample

_ROW = re.compile(r"\[([^\[\]]*)\]")
_TABLE = '<table style="border-collapse: collapse; margin: 0.3em">'
_CELL = "padding: 0.15em 0.5em; text-align: right; font-family: monospace; border: 1px solid #d0d7de"
RED, GREEN = "#ffd7d5", "#dafbe1"
BLUE = "9, 105, 218"


class Grid(NamedTuple):
    """The entries of a tensor as a report shows them; `wrong` are those that it marks."""

    rows: list[list[str]]
    wrong: list[list[bool]]


def tables(seen: Counterexample) -> str:
    """HTML that shows a counterexample's tensors; "" where there are none to be seen."""
    expected, got = (read_grid(text) for text in (seen.expected, seen.got))
    if not (expected or got):
        return ""
    cells = [_column(_("expected"), _values(expected, mark=False))] if expected else []
    cells += [_column(_("got"), _values(got, mark=True))] if got else []
    if got and any(map(any, got.wrong)):
        cells.append(_column(_("where"), _where(got)))
    return f'<table style="border: none"><tr style="vertical-align: top">{"".join(cells)}</tr></table>'


def read_grid(text: str) -> Grid | None:
    """The entries in a report's text of a tensor, None if it is no tensor of one or two dimensions.

    >>> read_grid("[[ 1  , >2.5<]]  float32 (1, 2)")
    Grid(rows=[['1', '2.5']], wrong=[[False, True]])
    """
    if not text.startswith("["):
        return None
    rows = [[entry.strip() for entry in row.split(",")] for row in _ROW.findall(text)]
    rows = [row for row in rows if any(row)]
    if not rows:
        return None
    wrong = [[entry.startswith(">") and entry.endswith("<") for entry in row] for row in rows]
    return Grid([[entry.strip("><") for entry in row] for row in rows], wrong)


def _column(title: str, table: str) -> str:
    return f'<td style="border: none; text-align: left"><b>{title}</b>{table}</td>'


def _values(grid: Grid, mark: bool) -> str:
    """Entries, the larger the bluer; with `mark` the wrong ones red."""
    numbers = [_number(entry) for row in grid.rows for entry in row]
    largest = max((abs(x) for x in numbers if math.isfinite(x)), default=0.0) or 1.0
    rows = [
        [
            (entry, RED if wrong and mark else _shade(_number(entry), largest))
            for entry, wrong in zip(*pair, strict=True)
        ]
        for pair in zip(grid.rows, grid.wrong, strict=True)
    ]
    return _table(rows)


def _where(grid: Grid) -> str:
    """A mark in every place that is wrong."""
    return _table([[("✗", RED) if wrong else ("✓", GREEN) for wrong in row] for row in grid.wrong])


def _table(rows: list[list[tuple[str, str]]]) -> str:
    lines = (
        "".join(f'<td style="{_CELL}; background: {colour}; color: #1f2328">{html.escape(text)}</td>'
                for text, colour in row)
        for row in rows
    )  # fmt: skip
    return f"{_TABLE}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _shade(value: float, largest: float) -> str:
    share = abs(value) / largest if math.isfinite(value) else 0.0
    return f"rgba({BLUE}, {0.4 * share:.2f})"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
