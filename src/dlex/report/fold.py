"""Text folded at the width of a terminal: between words, and between characters that are two cells wide.

Light to import, unlike rich's console.
"""

from __future__ import annotations

import re
import shutil

from rich.cells import cell_len

_WIDE = "\u2e80-\u9fff\uf900-\uffef"
_PIECES = re.compile(rf"\s+|[{_WIDE}][，。、：；？！）」』】》”]*|[^\s{_WIDE}]+")


def fold(text: str, indent: str = "", width: int | None = None) -> str:
    """The text in lines of at most `width` cells (the terminal's, if left out), the first line whole,
    the others after `indent`.

    >>> print(fold("1/3  Which rows add up?", indent="     ", width=15))
    1/3  Which rows
         add up?
    """
    width = width or shutil.get_terminal_size().columns
    lines = [""]
    for piece in _PIECES.findall(text):
        if "\n" in piece:
            lines.append(indent)
        elif cell_len(lines[-1] + piece) <= width or not lines[-1].strip():
            lines[-1] += piece
        else:
            lines.append(indent + piece.lstrip())
    return "\n".join(line.rstrip() for line in lines)
