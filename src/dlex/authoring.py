"""What authors of a course run: stubs made from solutions, and whether they are fresh."""

from __future__ import annotations

import re
from pathlib import Path

from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.files import write_atomically

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
_REGION = re.compile(rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}\n", re.DOTALL | re.MULTILINE)


def make_stub(solution: str, path: Path) -> str:
    """The stub: the solution with every marked region replaced. CourseError if a marker is off.

    >>> answer = "def f():\\n    # BEGIN SOLUTION\\n    return 1\\n    # END SOLUTION\\n"
    >>> print(make_stub(answer, Path("f.py")))
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


def sync(course: Course) -> list[Exercise]:
    """Write every stub that is out of date; returns their exercises."""
    stale = stale_stubs(course)
    for exercise, text in stale:
        write_atomically(exercise.path("exercises"), text)
    return [exercise for exercise, _text in stale]


def stale_stubs(course: Course) -> list[tuple[Exercise, str]]:
    """Exercises whose stub is missing or differs from what its solution gives, with that text."""
    stale = []
    for exercise in course.exercises:
        source = exercise.path("solutions")
        try:
            wanted = make_stub(source.read_text(encoding="utf-8"), source)
        except FileNotFoundError:
            raise CourseError(f"{exercise.id} has no solution: {source} is missing") from None
        target = exercise.path("exercises")
        if not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            stale.append((exercise, wanted))
    return stale
