"""Whose submission it is, from the name of its file or folder."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from dlex.batch.entries import one_line

MAX_LENGTH = 100
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip", ".py", ".ipynb")

_MOODLE = re.compile(r"(?P<who>.+?)_(?P<number>\d{2,})_assignsubmission_\w+?_(?P<file>.*)", re.S)
_CANVAS = re.compile(r"(?P<who>[^\W_]+)_(?:late_)?(?P<number>\d{2,})_\d{3,}_(?P<file>.+)", re.S | re.I)


@dataclass(frozen=True)
class Label:
    """What the name of a submission says.

    `keys` are the words under which a list of learners may know it, the surest first. `file` is the
    name that the learner gave to the file. `uploads` says whether the learner may have several such
    files, each named by the platform.
    """

    learner: str
    keys: tuple[str, ...]
    file: str
    uploads: bool = False


def label(name: str) -> Label:
    """Read the name of a file or a folder, that of a Moodle or Canvas download included.

    >>> label("alice.tar.gz").learner
    'alice'
    >>> label("Jane Doe_12345_assignsubmission_file_").learner
    'Jane Doe_12345'
    >>> label("doejane_late_123_456_softmax.py").learner
    'doejane_123'
    """
    if found := _MOODLE.fullmatch(name):
        who, number, file = found["who"], found["number"], found["file"]
        keys = (name, f"participant {number}", f"{who}_{number}", who)
        return Label(f"{who}_{number}", keys, file or name, bool(file))
    if found := _CANVAS.fullmatch(name):
        who, number, file = found["who"], found["number"], found["file"]
        keys = (name, f"canvas:{number}", f"{who}_{number}", who)
        return Label(f"{who}_{number}", keys, file, True)
    stem = without_suffix(name)
    return Label(stem, (name, stem), name)


def without_suffix(name: str) -> str:
    suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] or name


def learner_id(text: str) -> str:
    """A learner id that is harmless in every output and as the name of a file; never empty.

    Letters of all scripts, digits, spaces and most signs stay; control characters go, and what is
    special in paths becomes `_`. An id that had to be changed, or cut to 100 characters, ends in a
    short hash of the original: two of them never become one.

    >>> learner_id("Zoë O'Neil-Li")
    "Zoë O'Neil-Li"
    >>> learner_id("../etc/passwd")
    '_etc_passwd~7fef78'
    """
    text = unicodedata.normalize("NFC", text)
    clean = re.sub(r'[/\\:*?"<>|~]', "_", one_line(text, limit=1 << 20)).strip(". ")[:MAX_LENGTH]
    if clean and clean == text:
        return clean
    return f"{clean or 'unnamed'}~{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def key(text: str) -> str:
    """What two spellings of one name have in common: case, spaces and composition do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
