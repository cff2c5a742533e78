"""Pictures in a terminal: half-blocks in colour, or characters by size where there is no colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlex.language import _
from dlex.pictures import raster
from dlex.pictures.colours import CIVIDIS, DIVERGING, SERIES, mix
from dlex.pictures.notes import axes, heading, notes, reason
from dlex.pictures.raster import NOT_FINITE, RAMP, SIGNS, Pixel, Raster
from dlex.pictures.record import Grid, Picture, Scale, scale_of, scale_of_difference

WIDEST, NARROWEST, GAP = 40, 16, 2
HEIGHTS = {"heatmap": 24, "lines": 10, "path": 12}  # in lines, at most
LOUD = "bold #ffffff on {}"


class Medium(NamedTuple):
    """What can be drawn with, and the columns that a panel has."""

    colour: bool
    width: int

    def size(self, lines: int) -> tuple[int, int]:
        """The pixels of so many lines: two in each, one over the other, if there is colour."""
        return lines * 2 if self.colour else lines, self.width


class Panel(NamedTuple):
    """One part of a picture: expected, got or difference."""

    kind: str
    grid: Grid
    scale: Scale
    signed: bool = False


def print_pictures(pictures: Iterable[Picture], console: Console | None = None) -> None:
    """Draw what is expected, what was got and the difference beside each other, or below where the
    terminal is narrow.

    Colours need a terminal that has 256 of them, and are left out if NO_COLOR is set.
    """
    console = console or Console(highlight=False)
    with console.capture() as captured:
        for picture in pictures:
            _print(picture, console)
    console.file.write(captured.get().encode(console.encoding, "replace").decode(console.encoding))


def _print(picture: Picture, console: Console) -> None:
    beside = (console.width - 2 * GAP) // 3
    narrow = beside < NARROWEST
    width = min(console.width if narrow else beside, WIDEST)
    medium = Medium(_has_colours(console), width)
    console.print(Text(heading(picture), "bold"))
    parts = list(_parts(picture, medium))
    if narrow:
        for part in parts:
            console.print(part)
    else:
        console.print(_beside(parts, width))
    for line in _legend(picture, medium):
        console.print(line, style="dim" if medium.colour else "")
    console.print()


def _has_colours(console: Console) -> bool:
    """Whether colours come out as they are meant: 16 are too few."""
    blocks = console.encoding.lower().startswith("utf")
    return blocks and not console.no_color and console.color_system in ("256", "truecolor")


def _beside(parts: list[RenderableType], width: int) -> Table:
    table = Table.grid(padding=(0, GAP, 0, 0))
    for number in range(len(parts)):
        table.add_column(width=width if number + 1 < len(parts) else None, overflow="fold")
    table.add_row(*parts)
    return table


def _parts(picture: Picture, medium: Medium) -> Iterable[RenderableType]:
    """Up to three panels; a text in place of what is not there."""
    scale = scale_of(picture)
    yield _panel(_("expected"), Panel(picture.kind, picture.expected, scale), picture, medium)
    if picture.got is not None:
        yield _panel(_("got"), Panel(picture.kind, picture.got, scale), picture, medium)
    if picture.reason:  # in place of what is not there
        title = _("difference") if picture.got else _("got")
        yield Group(Text(title, "bold"), Text(reason(picture)))
    elif picture.same:
        yield Group(Text(_("difference"), "bold"), Text(_("none")))
    elif picture.difference is not None:
        kind = "lines" if picture.kind == "path" else picture.kind
        panel = Panel(kind, picture.difference, scale_of_difference(picture), picture.kind != "path")
        yield _panel(_("distance") if picture.contours else _("difference"), panel, picture, medium)


def _panel(title: str, panel: Panel, picture: Picture, medium: Medium) -> Group:
    drawn = DRAW[panel.kind](panel, picture, medium)
    below = [] if panel.kind == "path" else [_range(panel, medium)]
    return Group(Text(title, "bold"), _text(drawn, medium), *below)


# The kinds -------------------------------------------------------------------------------------


def _heatmap(panel: Panel, picture: Picture, medium: Medium) -> Raster:
    return raster.heat(panel.grid, panel.scale, _fitted(panel.grid, medium), signed=panel.signed)


def _fitted(grid: Grid, medium: Medium) -> tuple[int, int]:
    return raster.fit(grid.shape, medium.size(HEIGHTS["heatmap"]), 1 if medium.colour else 2)


def _lines(panel: Panel, picture: Picture, medium: Medium) -> Raster:
    return raster.lines(panel.grid, panel.scale, medium.size(HEIGHTS["lines"]))


def _path(panel: Panel, picture: Picture, medium: Medium) -> Raster:
    return raster.path(panel.grid, picture.contours, medium.size(HEIGHTS["path"]))


DRAW = {"heatmap": _heatmap, "lines": _lines, "path": _path}


# As text ---------------------------------------------------------------------------------------


def _text(drawn: Raster, medium: Medium) -> Text:
    """Two rows of pixels in each line, or one where there is no colour."""
    if not medium.colour:
        return Text("\n".join("".join(pixel.sign for pixel in row) for row in drawn), no_wrap=True)
    below = [*drawn[1::2], [raster.NOTHING] * len(drawn[0])] if len(drawn) % 2 else drawn[1::2]
    lines = (Text.assemble(*map(_halves, *pair)) for pair in zip(drawn[::2], below, strict=True))
    return Text("\n", no_wrap=True).join(lines)


def _halves(upper: Pixel, lower: Pixel) -> tuple[str, str]:
    """One character for two pixels, and its style."""
    for pixel in (upper, lower):
        if pixel.loud:
            return pixel.sign, LOUD.format(pixel.colour)
    if upper.colour and lower.colour:
        return "▀", f"{upper.colour} on {lower.colour}"
    if upper.colour or lower.colour:
        return ("▀", upper.colour) if upper.colour else ("▄", lower.colour)
    return " ", ""


def _range(panel: Panel, medium: Medium) -> Text:
    """The ends of the scale, and the colours or characters between them."""
    low, high = f"{panel.scale.low:.3g}", f"{panel.scale.high:.3g}"
    if panel.kind == "lines":
        return Text(_("{low} to {high}").format(low=low, high=high))
    if not medium.colour:
        ends = ("0", high) if panel.signed else (low, high)
        return Text(f"{ends[0]} {RAMP} {ends[1]}")
    stops = DIVERGING if panel.signed else CIVIDIS
    room = max(medium.width - len(low) - len(high) - 2, 3)
    bar = [("█", mix(stops, place / (room - 1))) for place in range(room)]
    return Text.assemble(f"{low} ", *bar, f" {high}")


def _legend(picture: Picture, medium: Medium) -> Iterable[Text]:
    """What the signs stand for, the axes, and whatever else cannot be seen."""
    grids = [grid for grid in (picture.expected, picture.got, picture.difference) if grid]
    if picture.series:
        yield _series(picture, medium)
    if picture.contours:
        yield Text(_("The path starts at S and ends at E."))
    met = {one.what for grid in grids for one in grid.special}
    if met:
        yield Text("   ".join(f"{sign} {what}" for what, sign in NOT_FINITE.items() if what in met))
    if told := axes(picture):
        yield Text(told)
    if picture.kind == "heatmap" and (told := _shrunk(picture, medium)):
        yield Text(told)
    yield from map(Text, notes(picture))


def _series(picture: Picture, medium: Medium) -> Text:
    signs = ["█" if medium.colour else SIGNS[number % len(SIGNS)] for number in range(len(picture.series))]
    return Text("   ").join(
        Text.assemble((sign, SERIES[number % len(SERIES)] if medium.colour else ""), f" {name}")
        for number, (sign, name) in enumerate(zip(signs, picture.series, strict=True))
    )


def _shrunk(picture: Picture, medium: Medium) -> str:
    """That there was no room for every entry, if so."""
    (rows, columns), (height, width) = picture.expected.shape, _fitted(picture.expected, medium)
    if rows <= height and columns <= width:
        return ""
    return _(
        "Scaled down from {rows} × {columns} entries: a dot is their mean, or their largest difference."
    ).format(rows=rows, columns=columns)
