"""Text folded at the width of a terminal: between words, and between characters that are two cells wide.

Light to import, unlike rich's console.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len

_WIDE = "\u2e80-\u9fff\uf900-\uffef"
_OPENING, _CLOSING = "（「『【《〈", "，。、：；？！）」』】》〉”’…"  # end no line; begin none
_PIECES = re.compile(rf"\s+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*")


def fold(text: str, indent: str = "", width: int | None = None) -> str:
    """The text in lines of at most `width` cells (the terminal's, if left out), the first line whole,
    the others after `indent`.

    >>> print(fold("1/3  Which rows add up?", indent="     ", width=15))
    1/3  Which rows
         add up?
    """
    width = width or shutil.get_terminal_size().columns
    places = [0, *beginnings(text, width, cell_len(indent)), len(text)]
    lines = [text[start:end] for start, end in pairwise(places)]
    return ("\n" + indent).join(
        line.rstrip() if number == 0 else line.strip() for number, line in enumerate(lines)
    )


def beginnings(text: str, width: int, indent: int = 0) -> Iterator[int]:
    """Where the second line begins and each after it, at most `width` cells long with `indent` cells
    before it. No line begins with ， or 。, and none ends with （.

    >>> list(beginnings("样本 x 的权重。", 12))
    [7]
    """
    used, empty = 0, True
    for piece in _PIECES.finditer(text):
        blank, size = piece[0].isspace(), cell_len(piece[0])
        if "\n" in piece[0]:
            yield piece.end()
            used, empty = indent, True
        elif not (blank or empty) and used + size > width:
            yield piece.start()
            used, empty = indent + size, False
        else:
            used, empty = used + size, empty and blank
