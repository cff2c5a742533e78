"""What authors of a course run: stubs made from solutions, and whether they are fresh."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from dlex.course import Course, Exercise
from dlex.errors import CourseError

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
_REGION = re.compile(rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}\n", re.DOTALL | re.MULTILINE)


def make_stub(solution: str, path: Path) -> str:
    """The stub: the solution with every marked region replaced. CourseError if a marker is off.

    >>> print(make_stub("def f():\\n    # BEGIN SOLUTION\\n    return 1\\n    # END SOLUTION\\n", Path("f.py")))
    def f():
        raise NotImplementedError("write me")
    <BLANKLINE>
    """
    stub, regions = _REGION.subn(r'\1raise NotImplementedError("write me")\n', solution)
    if not regions:
        raise CourseError(f"{path} marks no answer", f"Put it between `{BEGIN}` and `{END}`.")
    if BEGIN in stub or END in stub:
        raise CourseError(f"{path}: `{BEGIN}` and `{END}` do not come in pairs")
    return stub


def stale_stub(exercise: Exercise) -> str | None:
    """What the stub should say, if it is missing or says something else; None if it is fresh."""
    source = exercise.path("solutions")
    try:
        wanted = make_stub(source.read_text(encoding="utf-8"), source)
    except FileNotFoundError:
        raise CourseError(f"{exercise.id} has no solution: {source} is missing") from None
    target = exercise.path("exercises")
    fresh = target.is_file() and target.read_text(encoding="utf-8") == wanted
    return None if fresh else wanted


def stale_stubs(course: Course) -> list[tuple[Exercise, str]]:
    """Exercises whose stub is missing or differs from what its solution gives, with that text."""
    found = [(exercise, stale_stub(exercise)) for exercise in course.exercises]
    return [(exercise, wanted) for exercise, wanted in found if wanted is not None]


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
