"""What a workspace was given: each file as it came, under `.dlex/given/`, so that what the learner
changed can be told from what the course changed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dlex.course import Course, Exercise
from dlex.errors import CourseError, UsageError
from dlex.files import write_atomically
from dlex.language import _
from dlex.submission import Source
from dlex.workspace.folder import MARKER
from dlex.workspace.settings import settings


class _Asked(msgspec.Struct):
    """What `dlex init` was asked for: these chapters, or everything (None)."""

    chapters: list[str] | None


class Given:
    """The files of a workspace as they were given. Names are paths in it, with slashes."""

    def __init__(self, workspace: Path):
        self._workspace = workspace
        self._folder = workspace / MARKER / "given"
        self._asked = workspace / MARKER / "workspace.json"

    def read(self, name: str) -> bytes | None:
        """A file as it was given; None if that is not known."""
        path = self._folder / name
        try:
            return path.read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        if self.read(name) != content:
            put(self._folder / name, content)

    def is_untouched(self, exercise: Exercise, source: Source) -> bool:
        """Whether nothing was written for an exercise: its file is gone, or is the stub as it came."""
        return source.missing or source.content in (self.read(f"{exercise.id}.py"), stub(exercise))

    def exercises(self) -> list[str]:
        """The ids of all exercises that were given."""
        found = sorted(self._folder.glob("ch*/*.py"))
        return [path.relative_to(self._folder).with_suffix("").as_posix() for path in found]

    def wanted(self, course: Course) -> list[Exercise]:
        """The exercises that belong into the workspace: those of the chapters that were asked for.

        A workspace that does not know, made by an earlier dlex, has the chapters that have a folder.
        """
        chapters = (self._read_asked() or self._found()).chapters
        return [e for e in course.exercises if chapters is None or e.chapter in chapters]

    def ask(self, chapters: list[str] | None) -> None:
        """Remember which chapters belong into the workspace from now on, besides those that do already."""
        before = (self._read_asked() or self._found()).chapters
        everything = chapters is None or before is None
        asked = _Asked(None if everything else sorted({*before, *chapters}))
        put(self._asked, msgspec.json.encode(asked) + b"\n")

    def _found(self) -> _Asked:
        """What an earlier dlex must have been asked for; nothing where there is no workspace yet."""
        there = self._asked.parent.is_dir()
        return _Asked([path.name for path in self._workspace.glob("ch[0-9][0-9]") if path.is_dir() and there])

    def _read_asked(self) -> _Asked | None:
        try:
            return msgspec.json.decode(self._asked.read_bytes(), type=_Asked)
        except (OSError, msgspec.DecodeError):
            return None


def given_files(course: Course, exercises: list[Exercise]) -> dict[str, bytes]:
    """Everything that a workspace with these exercises is given, by name."""
    first = next(iter(exercises), course.exercises[0])
    texts = {name: text.encode() for name, text in settings(course, first).items()}
    return texts | {f"{exercise.id}.py": stub(exercise) for exercise in exercises}


def stub(exercise: Exercise) -> bytes:
    """The stub of an exercise, in the language in use. CourseError if it is missing."""
    try:
        return exercise.stub().encode()
    except OSError as error:
        path = exercise.path("exercises")
        raise CourseError(f"{path} cannot be read: {error.strerror}", "Authors: dlex sync") from None


def put(path: Path, content: bytes) -> None:
    """Write a file of the workspace atomically. UsageError if the machine refuses."""
    try:
        write_atomically(path, content)
    except OSError as error:
        raise UsageError(
            _("{path} cannot be written: {reason}").format(path=path, reason=error.strerror),
            _("Make room for it: free space, the right to write, no file where a folder is to be."),
        ) from None
