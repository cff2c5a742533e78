"""Gradescope: `results.json` for a single submission, else `NAME.gradescope.json` for each.

Fields as in https://gradescope-autograders.readthedocs.io/en/latest/specs/. All text is of the format
"text", so that nothing in it is markup. A submission that was not graded has neither a score nor tests:
Gradescope then reports that the autograder failed, and shows no zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dlex.files import atomic
from dlex.results.feedback import redact
from dlex.results.formats import Results
from dlex.results.formats.names import file_names
from dlex.results.formats.words import cut, explain, heading, points, spoken, standing
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult


def write(results: Results, out: Path) -> list[Path]:
    stems = file_names(result.submission for result in results())
    names = ["results.json"] if len(stems) == 1 else [f"{stem}.gradescope.json" for stem in stems]
    paths = [out / name for name in names]
    for path, result in zip(paths, results(), strict=True):
        with atomic(path) as file:
            file.write(msgspec.json.format(msgspec.json.encode(_document(result)), indent=2).decode())
    return paths


def _document(result: SubmissionResult) -> dict[str, object]:
    document = {
        "execution_time": round(result.duration_s),
        "output": _output(result),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"course_hash": result.course_hash, "isolation": result.isolation},
    }
    if result.status == "not_graded":
        return document
    return {"score": result.score, **document, "tests": list(_tests(result))}


def _output(result: SubmissionResult) -> str:
    return "\n".join([standing(result), *(part for e in result.exercises for part in _about(e))])


def _about(exercise: ExerciseResult) -> Iterator[str]:
    yield f"{exercise.id}: {spoken(exercise.status)}, {points(exercise)}"
    if exercise.message:
        yield cut(exercise.message)
    if exercise.output.strip():
        yield f"{exercise.id} printed (this never changes the grade):\n{cut(exercise.output)}"


def _tests(result: SubmissionResult) -> Iterator[dict[str, object]]:
    for i, exercise in enumerate(result.exercises, 1):
        for j, check in enumerate(exercise.checks, 1):
            yield _test(exercise, check, f"{i}.{j}")


def _test(exercise: ExerciseResult, check: CheckResult, number: str) -> dict[str, object]:
    return {
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.outcome == "passed" else "failed",
        "name": f"{exercise.id}: {heading(check)}",
        "number": number,
        "output": explain(check),
        "output_format": "text",
        "visibility": _visibility(check),
        "tags": [exercise.id],
        "extra_data": {"check": check.name, "outcome": check.outcome},
    }


def _visibility(check: CheckResult) -> str:
    """Learners see what is already cut down to what they may see, unless they may see nothing."""
    withheld = check.hidden and check.feedback == "none"
    return "visible" if redact(check) == check and not withheld else "hidden"
