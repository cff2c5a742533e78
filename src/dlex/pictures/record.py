"""The record of a picture: numbers that are finite or null, so that it is JSON for everybody."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import msgspec

Kind = Literal["heatmap", "lines", "path"]
Rows = list[list[float]]
NAN, INF = "nan", "inf"
ROUNDING = 1e-5  # of the largest number expected: what float32 may lose on the way
FAR = 1e30  # as far as a scale goes


class Special(msgspec.Struct, frozen=True):
    """An entry that is no finite number: "nan", "inf" or "-inf"."""

    row: int
    column: int
    what: Literal["nan", "inf", "-inf"]


class Grid(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers in rows of one length; None stands for those in `special`."""

    rows: list[list[float | None]]
    special: list[Special] = []

    @classmethod
    def of(cls, rows: Rows) -> Grid:
        """The grid of any floats.

        >>> Grid.of([[1.0, math.inf]])
        Grid(rows=[[1.0, None]], special=[Special(row=0, column=1, what='inf')])
        """
        special = [
            Special(i, j, str(value))
            for i, row in enumerate(rows)
            for j, value in enumerate(row)
            if not math.isfinite(value)
        ]
        return cls([[value if math.isfinite(value) else None for value in row] for row in rows], special)

    def floats(self) -> Rows:
        """The rows with NaN and infinities where they belong."""
        rows = [[math.nan if value is None else value for value in row] for row in self.rows]
        for one in self.special:
            rows[one.row][one.column] = float(one.what)
        return rows

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    def finite(self) -> list[float]:
        """Its numbers, without those that are special."""
        return [value for row in self.rows for value in row if value is not None]


class Contours(msgspec.Struct, frozen=True):
    """Heights of a landscape that a path crosses; the first row has the lowest y.

    `within` is left, right, bottom, top.
    """

    rows: Rows
    within: tuple[float, float, float, float]


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """One picture of one exercise.

    A heat map's rows are those of a matrix. Lines are one row for each series, its columns the places
    `at` which it was looked at. A path has a row of x and y for each point; its difference is one row,
    the distances.

    `got` is None, and `difference` too, where there is nothing to compare: `reason` says why. Pictures
    that were drawn `at_random` have no difference.
    """

    exercise: str
    name: str
    title: str
    kind: Kind
    expected: Grid
    got: Grid | None = None
    difference: Grid | None = None
    reason: str = ""
    axes: tuple[str, str] = ("", "")
    series: list[str] = []
    at: list[float] = []
    contours: Contours | None = None
    at_random: bool = False

    @property
    def same(self) -> bool:
        """Whether there is no difference, but for rounding."""
        if self.difference is None or self.difference.special:
            return False
        return _size(self.difference) <= ROUNDING * _size(self.expected)


def difference(kind: Kind, expected: Grid, got: Grid) -> Grid | None:
    """What was got less what was expected; None for grids of different shapes."""
    if expected.shape != got.shape:
        return None
    return Grid.of(DIFFERENCES[kind](expected.floats(), got.floats()))


def _entries(expected: Rows, got: Rows) -> Rows:
    return [list(map(_less, *pair)) for pair in zip(got, expected, strict=True)]


def _distances(expected: Rows, got: Rows) -> Rows:
    return [[math.hypot(*point) for point in _entries(expected, got)]]


def _less(got: float, expected: float) -> float:
    """The difference; none between two infinities of one sign, or two that are no numbers."""
    if got == expected or (math.isnan(got) and math.isnan(expected)):
        return 0.0
    return got - expected


DIFFERENCES: dict[str, Callable[[Rows, Rows], Rows]] = {
    "heatmap": _entries,
    "lines": _entries,
    "path": _distances,
}


class Scale(msgspec.Struct, frozen=True):
    """The numbers at the two ends of a colour map, or of a y axis."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a number lies, from 0 to 1; what is beyond the ends lies at them."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def holds(self, grid: Grid) -> bool:
        """Whether no number of a grid lies beyond the ends."""
        return all(self.low <= value <= self.high for value in grid.finite())


def scale_of(picture: Picture) -> Scale:
    """One scale for what is expected and what was got.

    It is that of the former, stretched by the latter to at most three times its length: a wrong answer may
    be off by any factor, and would leave nothing to be seen of the right one.
    """
    low, high = _ends(picture.expected.finite())
    length = high - low
    if picture.got is not None:
        numbers = picture.got.finite()
        low = max(min([low, *numbers]), low - length)
        high = min(max([high, *numbers]), high + length)
    return Scale(low, high)


def scale_of_difference(picture: Picture) -> Scale:
    """From minus to plus the largest difference; for distances from 0. Rounding alone shows no colour."""
    largest, size = min(_size(picture.difference), FAR), _size(picture.expected)
    largest = largest if largest > ROUNDING * size else size or 1.0
    return Scale(0.0 if picture.kind == "path" else -largest, largest)


def _size(grid: Grid) -> float:
    """The largest of its numbers, whatever its sign."""
    return max(map(abs, grid.finite()), default=0.0)


def _ends(numbers: list[float]) -> tuple[float, float]:
    """The least and the largest number, never the same; 0 is never -0."""
    low, high = min(numbers, default=0.0) + 0.0, max(numbers, default=1.0) + 0.0
    return (low, high) if low < high else (low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2)
