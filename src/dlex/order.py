"""A path through the book: what comes after what, and what to do next. Nothing is ever locked."""

from __future__ import annotations

from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from dlex.errors import CourseError

if TYPE_CHECKING:
    from dlex.course import Course, Exercise


def prerequisites(course: Course, path: Path) -> dict[str, list[Exercise]]:
    """The exercises that each one comes after, by id, from `after = [...]` in course.toml.

    Raises CourseError, with the file and the exercise, for a name that is unknown or means several
    exercises, and for exercises that come after one another in a circle.
    """
    found = {
        exercise.id: [_named(course, exercise, name, path) for name in exercise.entry.after]
        for exercise in course.exercises
    }
    sorter = TopologicalSorter({id: [each.id for each in before] for id, before in found.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        raise CourseError(
            f"{path}: exercises come after one another in a circle: {circle}",
            "Take one of these names out of `after`.",
        ) from None
    return found


def _named(course: Course, exercise: Exercise, name: str, path: Path) -> Exercise:
    named = [each for each in course.exercises if name in (each.id, each.name)]
    if len(named) == 1:
        return named[0]
    if not named:
        near = course.near(name)
        raise CourseError(f"{path}: {exercise.id} comes after {name!r}, but there is no such exercise", near)
    ids = " or ".join(each.id for each in named)
    raise CourseError(f"{path}: {exercise.id} comes after {name!r}, which is {ids}", "Write one of the two.")


def waits_for(exercise: Exercise, done: Collection[str]) -> list[Exercise]:
    """The prerequisites of an exercise that are not done; `done` holds ids."""
    return [before for before in exercise.after if before.id not in done]


def next_exercise(course: Course, done: Collection[str]) -> Exercise | None:
    """The first exercise that is not done and whose prerequisites are; None if all is done."""
    todo = [exercise for exercise in course.exercises if exercise.id not in done]
    return next((exercise for exercise in todo if not waits_for(exercise, done)), None)


def made_ready(course: Course, exercise: Exercise, done: Collection[str]) -> list[Exercise]:
    """The exercises that wait for this one and for nothing else."""
    todo = [each for each in course.exercises if each.id not in done]
    return [each for each in todo if waits_for(each, done) == [exercise]]
