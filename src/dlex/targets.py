"""From the words on the command line to the learner's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dlex.course import Course, Exercise
from dlex.errors import UsageError
from dlex.language import _
from dlex.submission import Source, find_source, read_source
from dlex.workspace import find_workspace


def learners_folder(course: Course) -> Path:
    """Where answers are looked for: the workspace, or the stubs of the course that we stand in, or
    this folder."""
    workspace = find_workspace()
    if workspace is not None:
        return workspace
    here = Path.cwd().resolve()
    return course.root / "exercises" if here == course.root else here


@dataclass(frozen=True)
class Place:
    """Where the answer to an exercise is looked for: at `path`, or below `root` if that is None."""

    exercise: Exercise
    root: Path
    path: Path | None = None

    def read(self) -> Source:
        """The file as it is now."""
        if self.path is None:
            return find_source(self.exercise, self.root)
        return read_source(self.path, self.root)

    @property
    def paths(self) -> list[Path]:
        """Where the file may be, or may come to be."""
        by_id, by_name = (self.root / f"{name}.py" for name in (self.exercise.id, self.exercise.name))
        return [by_id, by_name] if self.path is None else [self.path]


def find_places(course: Course, targets: tuple[str, ...]) -> dict[Exercise, Place]:
    """The exercises that `targets` name, in course order, each with the place of the learner's file.

    A target is a chapter, an exercise or a file; none means every exercise. UsageError if one
    names nothing.
    """
    found: dict[Exercise, Place] = {}
    root = learners_folder(course)
    for target in targets or tuple(chapter.id for chapter in course.chapters):
        path = Path(target)
        if path.suffix == ".py" and os.path.lexists(path):
            exercise = _exercise_of(course, path)
            found[exercise] = Place(exercise, path.parent, path)
            continue
        for exercise in course.find(target):
            found.setdefault(exercise, Place(exercise, root))
    return {exercise: found[exercise] for exercise in course.exercises if exercise in found}


def find_sources(course: Course, targets: tuple[str, ...]) -> dict[Exercise, Source]:
    """The same with the files themselves."""
    return {exercise: place.read() for exercise, place in find_places(course, targets).items()}


def _exercise_of(course: Course, path: Path) -> Exercise:
    """The exercise that a file answers, by its name (and its folder, where that is a chapter)."""
    exact = [
        exercise for exercise in course.exercises if path.resolve().as_posix().endswith(f"/{exercise.id}.py")
    ]
    named = exact or [exercise for exercise in course.exercises if exercise.name == path.stem]
    if len(named) == 1:
        return named[0]
    raise UsageError(
        _("{path} does not say which exercise it answers").format(path=path),
        _("Name it like the exercise, softmax.py for example. {near}").format(near=course.near(path.stem)),
    )
