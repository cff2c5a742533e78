"""Hostile text made harmless: whatever a submission printed or raised passes through here."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_KEEP = {"\n", "\t"}


def plain(text: str, limit: int = 4000) -> str:
    r"""Text without escape sequences, control and formatting characters, and not too long.

    >>> plain("\x1b[31mred\x1b[0m\x07 alert\r\n")
    'red alert\n'
    """
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    clean = "".join(c for c in text if c in _KEEP or unicodedata.category(c) not in _UNWANTED)
    return clean if len(clean) <= limit else clean[:limit] + "\n… (cut here)"


_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
