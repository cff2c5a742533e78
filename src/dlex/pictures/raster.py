"""Pictures as few, large pixels, each with a colour and with the character that stands for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from dlex.pictures.colours import CIVIDIS, DIVERGING, HILL, PATH, SERIES, SPECIAL, VALLEY, mix
from dlex.pictures.record import Contours, Grid, Rows, Scale

RAMP = ".:-=+*#%@"  # from little to much
SIGNS = "o+x*#%"  # one for each series
NOT_FINITE = {"nan": "?", "inf": "^", "-inf": "v"}
BANDS = 12  # of a landscape
START, END = "S", "E"


class Pixel(NamedTuple):
    """`colour` None: nothing is there. `loud`: the character is to be seen in colour, too."""

    colour: str | None = None
    sign: str = " "
    loud: bool = False


Raster = list[list[Pixel]]
NOTHING = Pixel()


# Heat maps -------------------------------------------------------------------------------------


def fit(shape: tuple[int, int], most: tuple[int, int], stretch: int) -> tuple[int, int]:
    """Height and width in pixels of a matrix of `shape` in a place of at most so many; a pixel is
    `stretch` times as high as wide.

    >>> fit((2, 3), (20, 12), 1), fit((2, 3), (20, 12), 2), fit((100, 6), (20, 12), 1)
    ((8, 12), (4, 12), (20, 1))
    """
    rows, columns = shape
    times = min(most[0] // rows, most[1] // (columns * stretch))
    if times:
        return rows * times, columns * times * stretch
    if rows <= most[0] and columns <= most[1]:
        return rows, columns
    share = min(most[0] / rows, most[1] / columns)
    return max(1, int(rows * share)), max(1, int(columns * share))


def heat(grid: Grid, scale: Scale, size: tuple[int, int], *, signed: bool = False) -> Raster:
    """A matrix in `size` pixels, height first; `signed` for differences.

    Where there are fewer pixels than entries, a pixel shows the mean of its entries, or their largest
    difference.
    """
    pick, shade = (_largest, _shade_of_difference) if signed else (_mean, _shade)
    return [[shade(value, scale) for value in row] for row in _resampled(grid.floats(), size, pick)]


def _resampled(rows: Rows, size: tuple[int, int], pick: Callable[[list[float]], float]) -> Rows:
    spans = [_spans(len(rows), size[0]), _spans(len(rows[0]), size[1])]
    return [
        [pick([value for row in rows[top:bottom] for value in row[left:right]]) for left, right in spans[1]]
        for top, bottom in spans[0]
    ]


def _spans(entries: int, pixels: int) -> list[tuple[int, int]]:
    """For each pixel, the first entry that it shows and the one after its last."""
    starts = [pixel * entries // pixels for pixel in range(pixels + 1)]
    return [(start, max(stop, start + 1)) for start, stop in pairwise(starts)]


def _mean(values: list[float]) -> float:
    return next((value for value in values if not math.isfinite(value)), sum(values) / len(values))


def _largest(values: list[float]) -> float:
    return next((value for value in values if not math.isfinite(value)), max(values, key=abs))


def _shade(value: float, scale: Scale) -> Pixel:
    if not math.isfinite(value):
        return _special(value)
    share = scale.share(value)
    return Pixel(mix(CIVIDIS, share), _step(share))


def _shade_of_difference(value: float, scale: Scale) -> Pixel:
    if not math.isfinite(value):
        return _special(value)
    return Pixel(mix(DIVERGING, scale.share(value)), _step(min(abs(value) / scale.high, 1.0)))


def _step(share: float) -> str:
    return RAMP[round(share * (len(RAMP) - 1))]


def _special(value: float) -> Pixel:
    return Pixel(SPECIAL, NOT_FINITE[str(value)], loud=True)


# Lines -----------------------------------------------------------------------------------------


def lines(grid: Grid, scale: Scale, size: tuple[int, int]) -> Raster:
    """Series, one over the other, in `size` pixels. What is no number stands at the top or bottom."""
    height, width = size
    raster = [[NOTHING] * width for _ in range(height)]
    for number, row in enumerate(grid.floats()):
        pixel = Pixel(SERIES[number % len(SERIES)], SIGNS[number % len(SIGNS)])
        before = None
        for x in range(width):
            value = _between(row, x / max(width - 1, 1) * (len(row) - 1))
            if not math.isfinite(value):
                raster[0 if value > 0 else -1][x] = _special(value)
                before = None
                continue
            y = round((1 - scale.share(value)) * (height - 1))
            for each in _steps(y if before is None else before, y):
                raster[each][x] = pixel
            before = y
    return raster


def _between(row: list[float], place: float) -> float:
    """A series' value between two of its entries; where one of them is no number, the nearer one's."""
    first = min(int(place), max(len(row) - 2, 0))
    low, high = row[first], row[min(first + 1, len(row) - 1)]
    share = place - first
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * share
    return low if share < 0.5 else high


def _steps(before: int, y: int) -> range:
    """The pixels from the one beside the last to `y`."""
    if before == y:
        return range(y, y + 1)
    return range(before + 1, y + 1) if before < y else range(y, before)


# Paths -----------------------------------------------------------------------------------------


def path(grid: Grid, contours: Contours, size: tuple[int, int]) -> Raster:
    """A path over a landscape: its points joined, the first one S, the last one E."""
    raster = _ground(contours, size)
    places = [_place(point, contours, size) for point in grid.floats()]
    for one, other in pairwise(places):
        for y, x in _line(one, other):
            _put(raster, y, x, Pixel(PATH, "o"))
    for place, sign in zip((places[0], places[-1]), (START, END), strict=True):
        if place is not None:
            _put(raster, *place, Pixel(PATH, sign, loud=True))
    return raster


def outside(grid: Grid, contours: Contours) -> int:
    """How many points of a path lie outside of the landscape, or nowhere."""
    left, right, bottom, top = contours.within
    inside = [left <= x <= right and bottom <= y <= top for x, y in grid.floats()]
    return inside.count(False)


def _ground(contours: Contours, size: tuple[int, int]) -> Raster:
    """The landscape, every other band of heights marked."""
    rows = _resampled(contours.rows[::-1], size, _mean)
    low, high = min(map(min, contours.rows)), max(map(max, contours.rows))
    return [[_band(math.sqrt((height - low) / ((high - low) or 1.0))) for height in row] for row in rows]


def _band(share: float) -> Pixel:
    band = min(int(share * BANDS), BANDS - 1)
    return Pixel(mix((VALLEY, HILL), band / (BANDS - 1)), "." if band % 2 else " ")


def _place(point: list[float], contours: Contours, size: tuple[int, int]) -> tuple[int, int] | None:
    """The pixel of a point, None if it is nowhere. Far outside all is alike."""
    if not all(map(math.isfinite, point)):
        return None
    left, right, bottom, top = contours.within
    across, up = (point[0] - left) / (right - left), (point[1] - bottom) / (top - bottom)
    across, up = (min(max(share, -2.0), 3.0) for share in (across, up))
    return round((1 - up) * (size[0] - 1)), round(across * (size[1] - 1))


def _line(one: tuple[int, int] | None, other: tuple[int, int] | None) -> list[tuple[int, int]]:
    """The pixels between two."""
    if one is None or other is None:
        return []
    count = max(abs(one[0] - other[0]), abs(one[1] - other[1])) or 1
    return [
        tuple(round(a + (b - a) * step / count) for a, b in zip(one, other, strict=True))
        for step in range(count + 1)
    ]


def _put(raster: Raster, y: int, x: int, pixel: Pixel) -> None:
    if 0 <= y < len(raster) and 0 <= x < len(raster[0]):
        raster[y][x] = pixel
