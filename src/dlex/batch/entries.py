"""The files of a submission, whatever it came in: a folder, an archive or a file by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from dlex.results.text import plain
from dlex.submission import Source

MAX_DEPTH = 32
LEFTOVERS = {"__macosx", "__pycache__", "node_modules", "site-packages", "venv"}
COURSE_ONLY = ("graders", "solutions", "reference")


class Unreadable(Exception):
    """What was handed in cannot be read at all; the message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A file of a submission: its path in it, with `/`, and how to read it, where it may be an answer."""

    path: str
    read: Callable[[], Source] | None = None

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.path).suffix.lower()


def one_line(text: str, limit: int = 200) -> str:
    r"""Hostile text on one line: no control characters, no line breaks, the middle cut out if long.

    >>> one_line("soft\x1b[31mmax\n.py")
    'softmax .py'
    """
    text = " ".join(plain(text.encode("utf-8", "replace").decode(), limit=1 << 20).split())
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[1 - limit // 2 :]}"


def leftover(name: str) -> bool:
    """Whether tools left a file or folder of this name behind: `.git`, `__MACOSX`, `._softmax.py`."""
    return name.startswith(".") or name.casefold() in LEFTOVERS


def without_course(entries: list[Entry]) -> list[Entry]:
    """The entries without graders, solutions and references, where a whole course was handed in."""
    mark = "exercises/course.toml"
    roots = [e.path.removesuffix(mark) for e in entries if f"/{e.path}".endswith(f"/{mark}")]
    course = tuple(f"{root}{folder}/" for root in roots for folder in COURSE_ONLY)
    return [entry for entry in entries if not entry.path.startswith(course)] if course else entries
