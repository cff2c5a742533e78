"""Elements taken out of a list in source text: commas, comments and layout of the others stay."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """Bytes `start` to `end` become `text`."""

    start: int
    end: int
    text: bytes = b""


@dataclass(frozen=True)
class Source:
    """A file's bytes; positions of the syntax tree count bytes as well."""

    data: bytes

    def offset(self, line: int, column: int) -> int:
        """Where a line (from 1) and column (from 0) of the syntax tree lie in `data`."""
        return sum(len(text) + 1 for text in self.data.split(b"\n")[: line - 1]) + column

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> tuple[int, int]:
        """Start and end of a node."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)


def edited(data: bytes, edits: list[Edit], start: int = 0, end: int | None = None) -> str:
    """The text from `start` to `end`, with the edits that lie in it made."""
    end = len(data) if end is None else end
    text = data[start:end]
    for edit in sorted(edits, reverse=True):
        if start <= edit.start and edit.end <= end:
            text = text[: edit.start - start] + edit.text + text[edit.end - start :]
    return text.decode()


def removals(source: Source, elements: list, gone: list[bool]) -> list[Edit]:
    """Edits that take the elements marked `gone` out of a list with commas; one at least must stay.

    >>> source = Source(b"from m import (a, b, c)")
    >>> aliases = ast.parse(source.data).body[0].names
    >>> edited(source.data, removals(source, aliases, [False, True, True]))
    'from m import (a)'
    """
    spans = [source.span(element) for element in elements]
    edits, number = [], 0
    while number < len(spans):
        last = number
        while gone[number] and last + 1 < len(spans) and gone[last + 1]:
            last += 1
        if gone[number] and last + 1 < len(spans):
            edits.append(Edit(spans[number][0], spans[last + 1][0]))
        elif gone[number]:
            edits.append(_at_the_end(source.data, spans[number - 1][1], spans[number][0], spans[last][1]))
        number = last + 1
    return edits


def _at_the_end(data: bytes, before: int, start: int, end: int) -> Edit:
    """The last elements of a list: whole lines where they have lines of their own, with comments."""
    line = data.rfind(b"\n", 0, start) + 1
    rest = re.match(rb"[ \t]*,?[ \t]*(#[^\n]*)?(?=\n)", data[end:])
    own_lines = line > before and not data[line:start].strip()
    return Edit(line - 1, end + rest.end()) if own_lines and rest else Edit(before, end)
