"""Pictures of an exercise: what is expected, what came back, and where they part.

    Picture                 the record: one picture, as plain lists of numbers (`dlex.pictures.record`)
    svg(picture, ...)       `<svg>…</svg>`, to be put into a page as it is or written to a file
    png(picture, ...)       the bytes of a PNG file
    can_draw()              whether these two work here: they need matplotlib, `pip install "dlex[plot]"`
    print_pictures(...)     the same in a terminal, with nothing to install

An author declares pictures in a grader file with `@picture`; `dlex.grading.pictures.drawn` runs them
with the reference and with an answer, which gives records. What is made of these here imports no
torch, and several pictures given together come below each other.

The SVG is the same for the same record, holds no script, no style sheet and no prolog, and its ids
meet none of another picture's. Its texts are escaped, whatever is in them.

Example:
    >>> import msgspec
    >>> seen = Picture("ch03/softmax", "table", "a table", "heatmap", Grid.of([[0.0, 1.0]]))
    >>> msgspec.json.decode(msgspec.json.encode(seen), type=Picture) == seen
    True
    >>> svg(seen).startswith("<svg ")
    True
"""

from dlex.pictures.figure import can_draw, png, require_matplotlib, svg
from dlex.pictures.record import Contours, Grid, Picture, Special
from dlex.pictures.terminal import print_pictures

__all__ = [
    "Contours",
    "Grid",
    "Picture",
    "Special",
    "can_draw",
    "png",
    "print_pictures",
    "require_matplotlib",
    "svg",
]
