"""A record whose every text is harmless, whoever made it and whatever a learner put into it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from dlex.results.text import plain

T = TypeVar("T")


def harmless(value: T) -> T:
    r"""The same record, list or text without control characters, escape sequences and surrogates.

    Nothing is cut: lengths are the affair of whoever shows them.

    >>> harmless(["\x1b[31mred", 1, "\ud800"])
    ['red', 1, '']
    """
    if isinstance(value, str):
        return value if _is_plain(value) else plain(value, limit=len(value))
    if isinstance(value, msgspec.Struct):
        return type(value)(*map(harmless, msgspec.structs.astuple(value)))
    if isinstance(value, list):
        return [harmless(entry) for entry in value]
    if isinstance(value, dict):
        return {harmless(name): harmless(entry) for name, entry in value.items()}
    return value


def _is_plain(text: str) -> bool:
    """Whether there is surely nothing to remove: quick, because nearly every text is like that."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()
