"""From an exception to the file and line that an author should open."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from dlex.audit.records import Problem
from dlex.course import Exercise
from dlex.errors import CourseError
from dlex.grading.failures import Raised


def from_error(error: CourseError, exercise: Exercise) -> Problem:
    """What stopped an exercise from being graded at all."""
    message = error.message.strip()
    file, line = _place(error, exercise)
    message = message.removeprefix(f"{file}:{line}: ").removeprefix(f"{file} ")
    summary, _, rest = message.partition("\n")
    if rest:
        summary = f"{summary.rstrip(':')}: {_last_line(rest)}"
    detail = "\n".join(part for part in (rest, error.next_step or "") if part)
    return Problem("broken", exercise.id, file, line, summary, detail)


def _place(error: CourseError, exercise: Exercise) -> tuple[str, int]:
    cause = error.__cause__
    if isinstance(cause, Raised) and cause.error.frames:
        return str(exercise.path("reference")), cause.error.frames[-1].line
    own = [str(exercise.path(folder)) for folder in ("graders", "reference", "solutions", "exercises")]
    if cause is not None:
        frames = [f for f in traceback.extract_tb(cause.__traceback__) if f.filename in own]
        if frames:
            return frames[-1].filename, frames[-1].lineno or 1
        if isinstance(cause, SyntaxError) and cause.filename in own:
            return cause.filename, cause.lineno or 1
    return _place_in_text(error.message, own)


def _place_in_text(text: str, own: list[str]) -> tuple[str, int]:
    for path in own:
        stem = "/".join(Path(path).parts[-3:])  # pytest writes paths relative to the course
        found = re.findall(rf"(?:^|[\s/]){re.escape(stem)}(?::(\d+))?", text)
        if found:
            lines = [int(number) for number in found if number]
            return path, lines[-1] if lines else 1
    return own[0], 1


def _last_line(text: str) -> str:
    """The end of a traceback as pytest prints it: the exception."""
    lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
