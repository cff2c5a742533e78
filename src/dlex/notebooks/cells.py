"""The cells of an exercise in a notebook: what they are called, and nbgrader's metadata of them."""

from __future__ import annotations

import re

SCHEMA = 3
EXAMPLE = "dlex_example"  # metadata key of example cells, which nbgrader knows nothing of
RESTORED = "restored-"  # begins the ids of cells that a submission lacked
_TEST = re.compile(r"dlex-(ch\d\d)-([a-z][a-z0-9_]*)")
_ANSWER = "-answer"
_CHECKS = re.compile(r"\bdlex\.check\(|^\s*%dlex\s+check\b", re.M)


def test_id(exercise: str) -> str:
    """The grade id of an exercise's test cell.

    >>> test_id("ch03/softmax")
    'dlex-ch03-softmax'
    """
    return f"dlex-{exercise.replace('/', '-')}"


def answer_id(exercise: str) -> str:
    """The grade id of the cell that holds the answer."""
    return f"{test_id(exercise)}{_ANSWER}"


def statement_id(exercise: str) -> str:
    return f"{test_id(exercise)}-statement"


def exercise_of(grade_id: str) -> str | None:
    """The exercise that a test cell belongs to; None if it is no test cell of dlex's.

    >>> exercise_of("dlex-ch03-softmax"), exercise_of("dlex-ch03-softmax-answer")
    ('ch03/softmax', None)
    """
    found = _TEST.fullmatch(grade_id)
    return f"{found[1]}/{found[2]}" if found else None


def exercise_answered(grade_id: str) -> str | None:
    """The exercise that an answer cell belongs to; None for any other cell."""
    return exercise_of(grade_id.removesuffix(_ANSWER)) if grade_id.endswith(_ANSWER) else None


def grading(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    task: bool = False,
    points: float | None = None,
) -> dict:
    """nbgrader's metadata of a cell."""
    flags = {"grade": grade, "solution": solution, "locked": locked, "task": task}
    worth = {} if points is None else {"points": points}
    return {"nbgrader": {"schema_version": SCHEMA, "grade_id": grade_id, **flags, **worth}}


def grade_id_of(cell) -> str:
    """The grade id of a cell, "" without one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercise_tested(cell) -> str | None:
    """The exercise that a cell tests; None for any other cell."""
    graded = cell.metadata.get("nbgrader", {}).get("grade", False)
    return exercise_of(grade_id_of(cell)) if graded else None


def misnamed(cell) -> bool:
    """Whether a test cell calls `dlex.check` and, by its grade id, is none of dlex's: nobody can grade it."""
    about = cell.metadata.get("nbgrader", {})
    tests = about.get("grade", False) and not about.get("solution", False)
    return bool(tests and not exercise_of(grade_id_of(cell)) and _CHECKS.search(cell.source))
