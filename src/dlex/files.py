"""Writing files so that nothing is ever half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def atomic(path: Path, encoding: str = "utf-8", mode: int = 0o644) -> Iterator[TextIO]:
    """A text file to write to, bit by bit; it takes the place of `path` when all is on the disk.

    It gets the permissions `mode`. If the block is left by an exception, `path` stays as it was.
    Line ends are written as given.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".dlex-")
    try:
        with open(descriptor, "w", encoding=encoding, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write a file so that it is either the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as file:
        file.buffer.write(data.encode() if isinstance(data, str) else data)
