"""What the answer to a check depends on, besides the submission and the seed.

A server answers for the terms that it started with; as soon as any of them changes, questions bear
another name, and nobody asks it again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dlex import __version__, language
from dlex.course import CONTENT, Course

SEED = 0  # of every server: `dlex check` draws with it unless told otherwise
CODE = (".py", ".toml", ".mo")
VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
PACKAGE = Path(__file__).resolve().parent.parent


class Terms(msgspec.Struct, frozen=True):
    """`course` is the hash of a course; `files` and `engine` stand for sizes and times of all files of
    the course and of dlex.

    `isolation` is None where the best level that the machine has was asked for.
    """

    root: str
    course: str
    files: str
    engine: str
    python: str
    device: str
    isolation: int | None
    language: str
    variables: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A short name; equal terms have equal names."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


def terms(course: Course, device: str, isolation: int | None) -> Terms:
    """The terms of now. OSError if a file of the course cannot be read."""
    return Terms(
        root=str(course.root),
        course=course.hash,
        files=_stamp(course.root / folder for folder in CONTENT),
        engine=f"{__version__} {_stamp([PACKAGE])}",
        python=f"{sys.executable} {sys.version} {_torch()}",
        device=device,
        isolation=isolation,
        language=language.current(),
        variables=tuple(os.environ.get(name, "") for name in VARIABLES if device != "cpu"),
    )


def _stamp(folders: Iterator[Path] | list[Path]) -> str:
    """Sizes and times of all code below some folders, in short."""
    digest = hashlib.sha256()
    for folder in folders:
        for entry in sorted(_files(str(folder)), key=lambda entry: entry.path):
            seen = entry.stat()
            digest.update(f"{entry.path} {seen.st_size} {seen.st_mtime_ns}\n".encode(errors="replace"))
    return digest.hexdigest()[:16]


def _files(folder: str) -> Iterator[os.DirEntry]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:  # a course may come without its solutions
        return
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith(("__pycache__", ".")):
            yield from _files(entry.path)
        elif entry.name.endswith(CODE):
            yield entry


def _torch() -> str:
    """Which torch there is, as far as can be told without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return ""
    return f"{spec.origin} {os.stat(Path(spec.origin).parent / 'version.py').st_mtime_ns}"
