"""The course's files: all there, fresh, and none too many. Nothing is imported or run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from dlex.audit.records import Problem
from dlex.authoring import stale_stub
from dlex.course import CONTENT, Course, Exercise
from dlex.errors import CourseError

VARIANTS = Path("tests/variants")


def strays(course: Course) -> list[Problem]:
    """Files in the content folders, and variants, that belong to no exercise of course.toml."""
    listed = {exercise.path(folder) for exercise in course.exercises for folder in CONTENT}
    listed.add(course.root / "exercises" / "course.toml")
    listed |= set(_catalogues(course))
    found = [path for folder in CONTENT for path in _files(course.root / folder) if path not in listed]
    with_variants = {course.root / VARIANTS / exercise.id for exercise in course.exercises}
    found += [path for path in _files(course.root / VARIANTS) if path.parent not in with_variants]
    message = "no exercise of course.toml has this file: list the exercise, or remove the file"
    return [Problem("stray", "", str(path), 1, message) for path in found]


def _catalogues(course: Course) -> Iterator[Path]:
    for domain in ("course", *(chapter.id for chapter in course.chapters)):
        yield from course.catalogues.glob(f"*/LC_MESSAGES/{domain}.[pm]o")


def variants(exercise: Exercise) -> list[Path]:
    """Right answers written in other ways; each must earn everything."""
    return sorted((exercise.course.root / VARIANTS / exercise.id).glob("*.py"))


def missing(exercise: Exercise) -> list[Problem]:
    """The files that an exercise lacks."""
    line = listed_at(exercise)
    return [
        Problem("missing", exercise.id, str(path), 1, f"is missing: course.toml:{line} lists {exercise.id}")
        for folder in CONTENT
        if not (path := exercise.path(folder)).is_file()
    ]


def stale(exercise: Exercise) -> list[Problem]:
    """Whether the stub is what the solution gives, and the line where it is not."""
    try:
        wanted = stale_stub(exercise)
    except CourseError as error:
        source = exercise.path("solutions")
        return [Problem("markers", exercise.id, str(source), _marker_line(source), str(error))]
    if wanted is None:
        return []
    path = exercise.path("exercises")
    line = _first_difference(path.read_text(encoding="utf-8"), wanted)
    message = "the stub is not what the solution gives: `dlex sync` writes it"
    return [Problem("stale", exercise.id, str(path), line, message)]


def syntax(exercise: Exercise) -> list[Problem]:
    """The files that are no Python."""
    found = []
    for folder in CONTENT:
        path = exercise.path(folder)
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            found.append(Problem("syntax", exercise.id, str(path), line, f"is no Python: {error}"))
    return found


def states_feedback(course: Course) -> bool:
    """Whether course.toml itself says how much hidden checks tell, instead of leaving it to us."""
    text = (course.root / "exercises" / "course.toml").read_text(encoding="utf-8")
    return "feedback" in tomllib.loads(text)


def listed_at(exercise: Exercise) -> int:
    """The line of course.toml that names an exercise."""
    path = exercise.course.root / "exercises" / "course.toml"
    chapter = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := re.match(r"""\s*(id|name)\s*=\s*["'](\w+)["']""", line):
            key, value = found.groups()
            chapter = value if key == "id" else chapter
            if key == "name" and f"{chapter}/{value}" == exercise.id:
                return number
    return 1


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _marker_line(path: Path) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if "SOLUTION" in line), 1)


def _first_difference(text: str, wanted: str) -> int:
    pairs = zip_longest(text.splitlines(), wanted.splitlines())
    return next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 1)
