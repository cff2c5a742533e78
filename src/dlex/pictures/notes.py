"""What is to be said below a picture, in sentences; the same for a terminal and a page."""

from __future__ import annotations

from collections.abc import Iterator

from dlex.language import _, ngettext
from dlex.pictures.raster import outside
from dlex.pictures.record import Picture, scale_of
from dlex.results.text import plain

REASON = 600  # characters of a reason that are shown


def heading(picture: Picture) -> str:
    """The exercise and what is to be seen."""
    return plain(_("{exercise}: {title}").format(exercise=picture.exercise, title=picture.title)).replace(
        "\n", " "
    )


def reason(picture: Picture) -> str:
    """Why something is not there, in harmless text."""
    return plain(picture.reason, REASON)


def axes(picture: Picture) -> str:
    """What the two directions count; "" where nothing was said of them."""
    across, up = map(plain, picture.axes)
    if not across or not up:
        return ""
    if picture.contours is not None:
        left, right, bottom, top = picture.contours.within
        told = _("up: {up}, from {bottom:g} to {top:g}; across: {across}, from {left:g} to {right:g}")
        return told.format(up=up, across=across, left=left, right=right, bottom=bottom, top=top)
    if picture.kind == "heatmap":
        return _("down: {down}; across: {across}").format(down=up, across=across)
    left, right = (picture.at[0], picture.at[-1]) if picture.at else (0, picture.expected.shape[1] - 1)
    told = _("up: {up}; across: {across}, from {left:g} to {right:g}")
    return told.format(up=up, across=across, left=left, right=right)


def notes(picture: Picture) -> Iterator[str]:
    """What cannot be seen in the picture itself."""
    if picture.at_random:
        yield _("Drawn at random: right answers differ in their entries, not in their kind of pattern.")
    if picture.got is None:
        return
    if picture.contours is not None:
        if count := outside(picture.got, picture.contours):
            yield ngettext(
                "{n} point of your path lies outside of the picture.",
                "{n} points of your path lie outside of the picture.",
                count,
            ).format(n=count)
    elif not scale_of(picture).holds(picture.got):
        numbers = picture.got.finite()
        yield _(
            "You got numbers from {low:.3g} to {high:.3g}: those beyond the scale look like its ends."
        ).format(low=min(numbers), high=max(numbers))
