"""Pictures as SVG and PNG, with matplotlib: no window, no user's settings, the same bytes each time."""

from __future__ import annotations

import hashlib
import html
import importlib.util
import io
import math
import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from rich.cells import chop_cells

from dlex.errors import MachineError
from dlex.language import _
from dlex.pictures.colours import CIVIDIS, DIVERGING, PATH, SERIES, SPECIAL
from dlex.pictures.notes import heading, notes, reason
from dlex.pictures.raster import END, START
from dlex.pictures.record import Grid, Picture, Scale, scale_of, scale_of_difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

WIDTH, HEIGHT = 9.0, 3.2  # inches, of one picture
DPI = 150
REASON_WIDTH, REASON_LINES = 38, 14  # characters, lines
LEVELS = 12  # of a landscape
FAR = 1e6
LABELS = 200  # of what is no number: a matrix may hold nothing else
SETTINGS = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, and found
    "text.parse_math": False,  # a title with two dollars is no formula
    "font.size": 9.0,
    "axes.titlesize": 10.0,
}
FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def can_draw() -> bool:
    """Whether there is matplotlib, without importing it."""
    return importlib.util.find_spec("matplotlib") is not None


def require_matplotlib() -> None:
    """MachineError if it is not installed."""
    if not can_draw():
        raise MachineError(_("matplotlib is not installed"), _('Install it: pip install "dlex[plot]"'))


def svg(*pictures: Picture) -> str:
    """`<svg>…</svg>`: the pictures below each other, to be put into a page or a file.

    Raises:
        MachineError: matplotlib is not installed.
    """
    salt = hashlib.sha256(msgspec.json.encode(pictures)).hexdigest()[:12]
    title = "; ".join(map(_text, map(heading, pictures)))
    return _embeddable(_saved(pictures, "svg", salt, metadata={"Date": None}).decode(), title)


def png(*pictures: Picture) -> bytes:
    """The same as a PNG file. MachineError if matplotlib is not installed."""
    return _saved(pictures, "png", "", dpi=DPI, metadata={"Software": None})


def _saved(pictures: tuple[Picture, ...], format: str, salt: str, **options: object) -> bytes:
    file = io.BytesIO()
    with _settings(salt), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # no font here has it; a browser's may
        _figure(pictures).savefig(file, format=format, **options)
    return file.getvalue()


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    """matplotlib as it comes, whatever the user has set, and ours on top."""
    require_matplotlib()
    import matplotlib
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in FONTS if name in there]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**SETTINGS, "svg.hashsalt": salt, "font.sans-serif": fonts})
        yield


def _embeddable(text: str, title: str) -> str:
    """The `<svg>` element alone, without what would meet others' on one page: ids that nothing refers
    to, and a style sheet."""
    text = text[text.index("<svg") :].rstrip()
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r' id="[A-Za-z][\w.]*_\d+"', "", text)
    label = html.escape(title)
    drawn = 'style="stroke-linejoin: round; stroke-linecap: butt; max-width: 100%; height: auto"'
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" {drawn} ', 1)


# The figure ------------------------------------------------------------------------------------


def _figure(pictures: tuple[Picture, ...]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT * len(pictures)), layout="constrained")
    parts = figure.subfigures(len(pictures), 1, squeeze=False)[:, 0]
    for part, picture in zip(parts, pictures, strict=True):
        _draw(part, picture)
    return figure


def _draw(part: SubFigure, picture: Picture) -> None:
    """Three places: expected, got, and the difference or why there is none."""
    part.suptitle(_text(heading(picture)), weight="bold")
    expected, got, difference = part.subplots(1, 3)
    draw, scale = DRAW[picture.kind], scale_of(picture)
    draw(expected, picture, picture.expected, scale)
    expected.set_title(_("expected"))
    if picture.got is None:
        difference.set_axis_off()
        _say(got, _("got"), reason(picture))
    else:
        draw(got, picture, picture.got, scale)
        got.set_title(_("got"))
        _difference(difference, picture)
    if picture.series:
        part.legend(handles=expected.lines, loc="outside lower center", ncols=3, fontsize="small")
    if told := "   ".join(notes(picture)):
        part.supxlabel(_text(told), fontsize="small")


def _difference(place: Axes, picture: Picture) -> None:
    if picture.reason:
        _say(place, _("difference"), reason(picture))
    elif picture.same:
        _say(place, _("difference"), _("none"))
    elif picture.difference is None:
        place.set_axis_off()
    else:
        scale = scale_of_difference(picture)
        draw = _heatmap if picture.kind == "heatmap" else _lines
        draw(place, picture, picture.difference, scale, signed=True)
        place.set_title(_("distance") if picture.contours else _("difference"))


def _say(place: Axes, title: str, text: str) -> None:
    """A text where there is nothing to draw."""
    lines = [line for each in _text(text).split("\n") for line in _wrapped(each)]
    place.set_axis_off()
    place.set_title(title)
    place.text(0.0, 0.95, "\n".join(lines[:REASON_LINES]), va="top", transform=place.transAxes)


def _wrapped(line: str) -> list[str]:
    """A line as several that are not too wide; Chinese has no spaces to break it at."""
    if line.isascii():
        return textwrap.wrap(line, REASON_WIDTH)
    return chop_cells(line, REASON_WIDTH)


def _text(text: str) -> str:
    """What XML can hold of a text."""
    return _NO_XML.sub("", text)


# The kinds -------------------------------------------------------------------------------------


def _heatmap(place: Axes, picture: Picture, grid: Grid, scale: Scale, *, signed: bool = False) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    stops = DIVERGING if signed else CIVIDIS
    colours = LinearSegmentedColormap.from_list("dlex", stops).with_extremes(bad=SPECIAL)
    rows = [[_within(value, scale) for value in row] for row in grid.floats()]
    shown = place.imshow(
        rows, cmap=colours, vmin=scale.low, vmax=scale.high, aspect="auto", interpolation="none"
    )
    extend = "neither" if scale.holds(grid) else "both"
    place.get_figure(root=False).colorbar(shown, ax=place, location="bottom", extend=extend, shrink=0.9)
    for one in grid.special[:LABELS]:
        place.text(one.column, one.row, one.what, ha="center", va="center", color="white", fontsize=6)
    place.xaxis.tick_top()
    place.tick_params(length=2, labelsize="x-small")
    if picture.axes[1]:
        place.set_ylabel(_text(picture.axes[1]))
        place.set_xlabel(_text(picture.axes[0]))


def _within(value: float, scale: Scale) -> float:
    """A number no further than the ends: matplotlib stumbles over huge ones."""
    return min(max(value, scale.low), scale.high) if math.isfinite(value) else math.nan


def _lines(place: Axes, picture: Picture, grid: Grid, scale: Scale, *, signed: bool = False) -> None:
    at = picture.at if len(picture.at) == grid.shape[1] else list(range(grid.shape[1]))
    if grid is picture.got:
        _plot(place, picture.at or at, picture.expected, scale, [], color="#bbbbbb", linewidth=3.0)
    _plot(place, at, grid, scale, picture.series, linewidth=1.5)
    for one in grid.special[:LABELS]:
        y = scale.low if one.what == "-inf" else scale.high
        place.text(at[one.column], y, one.what, ha="center", va="center", color=SPECIAL, fontsize=7)
    room = (scale.high - scale.low) * 0.05
    place.set_ylim(scale.low - room, scale.high + room)
    place.grid(color="#dddddd", linewidth=0.5)
    if picture.kind == "lines":
        place.set_xlabel(_text(picture.axes[0]))
        place.set_ylabel(_text(picture.axes[1]))


def _plot(place: Axes, at: list[float], grid: Grid, scale: Scale, names: list[str], **style: object) -> None:
    """Each row as a line, in a colour of its own unless one is given."""
    for number, row in enumerate(grid.floats()):
        look = {"color": SERIES[number % len(SERIES)], **style}
        place.plot(at, [_within(value, scale) for value in row], **look)
        if number < len(names):
            place.lines[-1].set_label(_text(names[number]))


def _path(place: Axes, picture: Picture, grid: Grid, scale: Scale) -> None:
    left, right, bottom, top = picture.contours.within
    heights = picture.contours.rows
    low, high = min(map(min, heights)), max(map(max, heights))
    levels = [low + (high - low) * (step / LEVELS) ** 2 for step in range(1, LEVELS)]
    across = [left + (right - left) * step / (len(heights[0]) - 1) for step in range(len(heights[0]))]
    up = [bottom + (top - bottom) * step / (len(heights) - 1) for step in range(len(heights))]
    place.contour(across, up, heights, levels, colors="#8c96a8", linewidths=0.7)
    xs, ys = _apart(grid)
    if grid is picture.got:
        place.plot(*_apart(picture.expected), color="#bbbbbb", linewidth=3.0)
    place.plot(xs, ys, color=PATH, marker="o", markersize=2.5, linewidth=1.2)
    for sign, x, y in ((START, xs[0], ys[0]), (END, xs[-1], ys[-1])):
        if left <= x <= right and bottom <= y <= top:
            place.text(x, y, sign, ha="center", va="center", weight="bold")
    place.set_xlim(left, right)
    place.set_ylim(bottom, top)
    place.set_xlabel(_text(picture.axes[0]))
    place.set_ylabel(_text(picture.axes[1]))


def _apart(grid: Grid) -> tuple[list[float], list[float]]:
    """The xs and the ys of a path's points, none too far outside."""
    wide = Scale(-FAR, FAR)
    return [_within(x, wide) for x, _y in grid.floats()], [_within(y, wide) for _x, y in grid.floats()]


DRAW = {"heatmap": _heatmap, "lines": _lines, "path": _path}
