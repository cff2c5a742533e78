"""Loads what was cut and compares it with the course: the visible checks are all there, the hidden
ones are not, and the mistakes are the same."""

from __future__ import annotations

import runpy
import types
from collections.abc import Iterator
from pathlib import Path

from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.grading import checks, mistakes, sketches
from dlex.grading.contract import Contract

SHARED = "It uses, in a way that its text does not show, something that was cut out with a hidden check."


def verify(course: Course, edition: Course) -> None:
    """CourseError unless every exercise of `edition` can be checked and tells nothing hidden.

    Runs the grader and reference files of both, as grading does, but no check.
    """
    for whole, cut in zip(course.exercises, edition.exercises, strict=True):
        hidden = _compare_checks(whole, cut)
        _compare_mistakes(whole, cut, hidden)


def _compare_checks(whole: Exercise, cut: Exercise) -> set[str]:
    """The names of the hidden checks."""
    path = whole.path("graders")
    whole_names = _load(path, path)
    before = _checks(whole_names)
    visible = {name: info for name, info in before.items() if not info.hidden}
    if not visible:
        raise CourseError(
            f"every check of {path} is hidden: learners could check nothing",
            f"Make one of them visible, or leave {whole.id} out of course.toml.",
        )
    if not sum(info.points for info in visible.values()) > 0:
        raise CourseError(f"the visible checks of {path} are worth no points", "Give one of them points.")
    names = _load(cut.path("graders"), path)
    after = _checks(names)
    if after != visible:
        different = sorted(name for name in {*after, *visible} if after.get(name) != visible.get(name))
        raise CourseError(f"{path}: {', '.join(different)} cannot be kept, or cut out, as it is", SHARED)
    if lost := sorted(_pictures(whole_names) - _pictures(names)):
        raise CourseError(f"{path}: the picture {lost[0]} cannot be kept as it is", SHARED)
    return set(before) - set(visible)


def _compare_mistakes(whole: Exercise, cut: Exercise, hidden: set[str]) -> None:
    path = whole.path("reference")
    before, after = _losses(_load(path, path)), _losses(_load(cut.path("reference"), path))
    for name, loses in before.items():
        if after.get(name) != tuple(check for check in loses if check not in hidden):
            raise CourseError(
                f"{path}: the mistake {name} names a hidden check that cannot be taken out of `loses`",
                'Write the names as in loses=("worked_example", "any_scores").',
            )


def _load(path: Path, original: Path) -> dict[str, object]:
    """The names that a file defines. Unlike an import, running it leaves no compiled file behind."""
    try:
        return runpy.run_path(str(path))
    except Exception as error:
        which = "" if path == original else ", without its hidden checks,"
        said = f"{type(error).__name__}: {error}"
        raise CourseError(f"{original}{which} does not load: {said}", SHARED if which else None) from error


def _checks(names: dict[str, object]) -> dict[str, checks.CheckInfo]:
    """What pytest would collect: check names with what they are worth."""
    found = {}
    for name, value in names.items():
        for each, function in _collected(name, value):
            info = getattr(function, checks.ATTRIBUTE, None)
            if info is not None:
                found[each.removeprefix("test_")] = info
    return found


def _pictures(names: dict[str, object]) -> set[str]:
    """The names of what is drawn."""
    return {name for name, value in names.items() if hasattr(value, sketches.ATTRIBUTE)}


def _collected(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Contract):
        yield from ((f"{name}[{clause}]", function) for clause, function in value.checks())
    elif isinstance(value, type):
        yield from vars(value).items()
    elif isinstance(value, types.FunctionType):
        yield name, value


def _losses(names: dict[str, object]) -> dict[str, tuple[str, ...]]:
    """What each mistake says that it loses."""
    marked = ((name, getattr(value, mistakes.ATTRIBUTE, None)) for name, value in names.items())
    return {name: tuple(mark[2]) for name, mark in marked if mark is not None}
