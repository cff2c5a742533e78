"""Read what a learner hands in, as bytes. Nothing is imported, and no special file is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from dlex.course import Exercise

MAX_BYTES = 1 << 20
HAND_IN = "hand in an ordinary file of this name"


class Source(msgspec.Struct, frozen=True):
    """A learner's file for one exercise: its bytes, or why there are none.

    `file` is its name as the learner knows it, from the folder that was handed in. `missing` tells
    a file that is not there from one that cannot be used.
    """

    file: str
    content: bytes | None
    problem: str = ""
    missing: bool = False


class Submission(msgspec.Struct, frozen=True):
    """What one learner handed in: a file, or the lack of one, per exercise id."""

    name: str
    sources: dict[str, Source]


def read_source(path: Path, root: Path) -> Source:
    """Read a file below `root`: regular, not too large, not a link that leads out of it."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        if path.is_symlink():
            return Source(file, None, f"{path.name} is a link to a file that does not exist: {HAND_IN}")
        return Source(file, None, f"there is no {path.parent.name}/{path.name}", missing=True)
    except (OSError, RuntimeError) as error:
        return Source(file, None, f"{path.name} cannot be read: {error}")
    if not real.is_relative_to(root.resolve()):
        return Source(file, None, f"{path.name} is a link that leads out of the submission: {HAND_IN}")
    try:
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        return Source(file, None, f"{path.name} cannot be read: {error.strerror}")
    try:
        return _read(path.name, file, descriptor)
    finally:
        os.close(descriptor)


def _read(name: str, file: str, descriptor: int) -> Source:
    kind = os.fstat(descriptor)
    if not stat.S_ISREG(kind.st_mode):
        return Source(file, None, f"{name} is {_kind(kind.st_mode)}: {HAND_IN}")
    if kind.st_size > MAX_BYTES:
        too_large = f"{name} has {kind.st_size:,} bytes, the limit is {MAX_BYTES:,}"
        return Source(file, None, f"{too_large}: hand in the code alone")
    with open(descriptor, "rb", closefd=False) as stream:
        return Source(file, stream.read(MAX_BYTES))


def _kind(mode: int) -> str:
    kinds = {stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
    return next((name for test, name in kinds.items() if test(mode)), "a device")


def find_source(exercise: Exercise, root: Path) -> Source:
    """The learner's file for an exercise: `ch03/softmax.py` below `root`, or `softmax.py` in it."""
    by_id, by_name = root / f"{exercise.id}.py", root / f"{exercise.name}.py"
    path = by_name if os.path.lexists(by_name) and not os.path.lexists(by_id) else by_id
    return read_source(path, root)
