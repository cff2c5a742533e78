"""Read what a learner hands in, as bytes. Nothing is imported, and no special file is opened."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import msgspec

from dlex.course import Exercise
from dlex.language import N_, _

MAX_BYTES = 1 << 20
_CODE = MAX_BYTES, N_("hand in the code alone")
_ARCHIVE = 64 << 20, N_("leave out everything but the answers")
_LIMITS = {
    ".ipynb": (16 << 20, N_("clear its outputs first")),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".gz"), _ARCHIVE),
}


class Source(msgspec.Struct, frozen=True):
    """A learner's file for one exercise: its bytes, or why there are none.

    `file` is its name as the learner knows it, from the folder that was handed in. `missing` tells
    a file that is not there from one that cannot be used. `note` is what its author should know
    about the content: cells of a notebook that were left out, for example.
    """

    file: str
    content: bytes | None
    problem: str = ""
    missing: bool = False
    note: str = ""


def cell_at(content: bytes, line: int) -> tuple[int, int]:
    r"""The code cell, and the line in it, of a line of a notebook's content; (0, line) before the first.

    >>> cell_at(b"# cell 1\nx = 1\n\n# cell 3\nx\ny\n", 6)
    (3, 2)
    """
    above = content.split(b"\n")[:line]
    for number in range(len(above) - 1, -1, -1):
        if found := re.fullmatch(rb"# cell (\d{1,9})", above[number]):
            return int(found[1]), line - number - 1
    return 0, line


def line_in_words(line: int) -> str:
    """How messages call a line of the learner's file."""
    return _("line {line}").format(line=line)


def in_cells(message: str, content: bytes) -> str:
    r"""A message whose lines of a notebook's content are told as cells and lines in them.

    >>> in_cells("it raised ValueError\nat line 5: x", b"# cell 1\nx = 1\n\n# cell 3\nx\ny\n")
    'it raised ValueError\nat cell 3, line 1: x'
    """

    def told(found: re.Match) -> str:
        cell, line = cell_at(content, int(found[1]))
        return _("cell {cell}, line {line}").format(cell=cell, line=line) if cell else found[0]

    before, after = map(re.escape, _("line {line}").split("{line}"))
    return re.sub(
        rf"(?<![A-Za-z]){before}(\d{{1,7}}){after}(?=: |：| \(|（|$)", told, message, flags=re.MULTILINE
    )


class Submission(msgspec.Struct, frozen=True):
    """What one learner handed in: a file, or the lack of one, per exercise id."""

    name: str
    sources: dict[str, Source]


def read_source(path: Path, root: Path) -> Source:
    """Read a file below `root`: regular, not too large for its kind, not a link that leads out of it."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        if path.is_symlink():
            told = _("{name} is a link to a file that does not exist: hand in an ordinary file of this name")
            return Source(file, None, told.format(name=path.name))
        told = _("there is no {folder}/{name}").format(folder=path.parent.name, name=path.name)
        return Source(file, None, told, missing=True)
    except (OSError, RuntimeError) as error:
        return Source(file, None, _unreadable(path.name, error))
    if not real.is_relative_to(root.resolve()):
        told = _("{name} is a link that leads out of the submission: hand in an ordinary file of this name")
        return Source(file, None, told.format(name=path.name))
    try:
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        return Source(file, None, _unreadable(path.name, error))
    try:
        return _read(path.name, file, descriptor)
    finally:
        os.close(descriptor)


def _read(name: str, file: str, descriptor: int) -> Source:
    kind = os.fstat(descriptor)
    if not stat.S_ISREG(kind.st_mode):
        return Source(file, None, not_ordinary(name, kind.st_mode))
    if problem := too_large(name, kind.st_size):
        return Source(file, None, problem)
    with open(descriptor, "rb", closefd=False) as stream:
        return Source(file, stream.read(kind.st_size))


def limit_of(name: str) -> int:
    """The largest size of a file of this name, in bytes."""
    return _limit(name)[0]


def too_large(name: str, size: int) -> str:
    """Why a file of `size` bytes cannot be taken; "" if it can.

    >>> too_large("softmax.py", 2000000)
    'softmax.py has 2,000,000 bytes, the limit is 1,048,576: hand in the code alone'
    """
    limit, advice = _limit(name)
    if size <= limit:
        return ""
    told = _("{name} has {size:,} bytes, the limit is {limit:,}: {advice}")
    return told.format(name=name, size=size, limit=limit, advice=_(advice))


def _limit(name: str) -> tuple[int, str]:
    return _LIMITS.get(Path(name).suffix.lower(), _CODE)


def _unreadable(name: str, error: Exception) -> str:
    """What went wrong, without the path: that of the machine means nothing to a learner."""
    reason = getattr(error, "strerror", None) or _("its links lead in a circle")
    return _("{name} cannot be read: {reason}").format(name=name, reason=reason)


def not_ordinary(name: str, mode: int) -> str:
    """Why what has such a mode cannot be taken."""
    told = _("{name} is {kind}: hand in an ordinary file of this name")
    return told.format(name=name, kind=_(KINDS.get(stat.S_IFMT(mode), N_("a device"))))


KINDS = {
    stat.S_IFDIR: N_("a folder"),
    stat.S_IFIFO: N_("a pipe"),
    stat.S_IFSOCK: N_("a socket"),
    stat.S_IFLNK: N_("a link"),
}


def find_source(exercise: Exercise, root: Path) -> Source:
    """The learner's file for an exercise: `ch03/softmax.py` below `root`, or `softmax.py` in it."""
    by_id, by_name = root / f"{exercise.id}.py", root / f"{exercise.name}.py"
    path = by_name if os.path.lexists(by_name) and not os.path.lexists(by_id) else by_id
    return read_source(path, root)
