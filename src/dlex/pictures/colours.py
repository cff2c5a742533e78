"""Colours that everybody can tell apart: cividis for numbers, purple to orange for differences."""

from __future__ import annotations

CIVIDIS = ("#00224e", "#1a386f", "#434e6c", "#61656f", "#7d7c78", "#9b9476", "#bcae6c", "#dec958", "#fee838")
"""By Nuñez, Anderton and Renslow: it reads the same with and without colour blindness."""
DIVERGING = (
    "#2d004b",
    "#5f3a91",
    "#9990bf",
    "#cfcfe5",
    "#f7f7f6",
    "#fed59f",
    "#ee9b39",
    "#bd6109",
    "#7f3b08",
)
"""PuOr of ColorBrewer, the other way round: less than expected is purple, more is orange."""
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""By Okabe and Ito: blue, vermilion, green, purple, orange, sky blue."""
SPECIAL = "#d7191c"  # in neither map: what is no number
PATH = "#e69f00"
VALLEY, HILL = "#1b1e27", "#828da6"


def mix(stops: tuple[str, ...], share: float) -> str:
    """The colour at `share`, from 0 to 1, between the stops of a map.

    >>> mix(("#000000", "#ff0000"), 0.5)
    '#800000'
    """
    place = share * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    pairs = zip(_channels(stops[first]), _channels(stops[first + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (place - first)):02x}" for low, high in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
