"""`dlex init`: a workspace that explains itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlex.course import Course, Exercise
from dlex.errors import UsageError
from dlex.language import _
from dlex.submission import read_source
from dlex.workspace.given import Given, given_files, put
from dlex.workspace.merge import stems_from


@dataclass
class Made:
    """What `make_workspace` wrote, and what it found and left alone."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def make_workspace(folder: Path, course: Course, chapters: Sequence[str] = ()) -> Made:
    """Write the stubs of some chapters, or of all, below `folder`. No file that exists is touched.

    Args:
        chapters: ids, as in "ch03"; everything if empty.

    Raises:
        UsageError: the folder is a course, or cannot be written.
    """
    if (folder / "exercises" / "course.toml").exists():
        raise UsageError(
            _("{folder} is a course, not a place for answers").format(folder=folder.resolve()),
            _("Try: dlex init my-answers"),
        )
    given, made = Given(folder), Made()
    given.ask(sorted(set(chapters)) or None)
    for name, content in given_files(course, _wanted(course, chapters)).items():
        path = folder / name
        if os.path.lexists(path):
            made.kept.append(path)
            _recognise(given, folder, path, name, content)
        else:
            put(path, content)
            given.write(name, content)
            made.written.append(path)
    return made


def _wanted(course: Course, chapters: Sequence[str]) -> list[Exercise]:
    return [exercise for exercise in course.exercises if not chapters or exercise.chapter in chapters]


def _recognise(given: Given, folder: Path, path: Path, name: str, content: bytes) -> None:
    """Remember what a file that was there already came from, where it plainly is this course's."""
    there = read_source(path, folder).content
    if given.read(name) is None and there is not None and stems_from(content, there):
        given.write(name, content)
