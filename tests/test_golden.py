"""Every way to go wrong, and some that look wrong and are right: one folder each in golden/.

A folder holds what a learner hands in, and `expected.json`: parts of the record. Texts are parts of
what the record says; "*" stands for the checks that are not named. What a repository cannot hold is
made by MAKERS.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dlex.course import Course
from dlex.grading import session
from dlex.results.records import CheckResult, ExerciseResult
from dlex.submission import find_source
from dlex.worker import sandbox

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())


def expected(name: str) -> dict:
    return json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8"))


def link_out(path: Path) -> None:
    target = path.parent.parent / "another.py"
    target.write_text("def softmax(X):\n    return X\n")
    path.symlink_to(target)


MAKERS: dict[str, Callable[[Path], None]] = {
    "symbolic_link_out": link_out,
    "broken_link": lambda path: path.symlink_to("nowhere.py"),
    "link_to_itself": lambda path: path.symlink_to(path),
    "directory": lambda path: path.mkdir(),
    "fifo": lambda path: os.mkfifo(path),
    "too_large": lambda path: path.write_bytes(b"#" * (2 << 20)),
}


@pytest.fixture(scope="module")
def graded(course: Course, tmp_path_factory) -> dict[str, ExerciseResult]:
    """All folders, in one session. What is not handed in for the other exercise is missing there."""
    limits = msgspec.structs.replace(course.file.limits, check_seconds=2, submission_seconds=5)
    limited = Course(course.root, msgspec.structs.replace(course.file, limits=limits))
    exercises = {name: limited.find(expected(name)["exercise"])[0] for name in NAMES}
    distinct = list({exercise.id: exercise for exercise in exercises.values()}.values())
    submissions = []
    for name in NAMES:
        folder = handed_in(name, exercises[name].name, tmp_path_factory)
        sources = {exercise.id: find_source(exercise, folder) for exercise in distinct}
        submissions.append(session.Submission(name, sources))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "SHRINK_TRIES", 30)
        results = session.grade(limited, distinct, submissions)
    return {
        result.submission: next(e for e in result.exercises if e.id == exercises[result.submission].id)
        for result in results
    }


def handed_in(name: str, exercise: str, tmp_path_factory) -> Path:
    """The folder to grade: the golden one, or one with a special file."""
    if name not in MAKERS:
        return GOLDEN / name
    folder = tmp_path_factory.mktemp(name) / "handed_in"
    folder.mkdir()
    MAKERS[name](folder / f"{exercise}.py")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str, graded: dict[str, ExerciseResult]) -> None:
    wanted, result = expected(name), graded[name]
    if wanted.get("isolation", 0) > sandbox.probe().level:
        pytest.skip(f"needs isolation {wanted['isolation']}")
    assert (result.status, result.score) == (wanted["status"], wanted["score"])
    for text in wanted.get("message", []):
        assert text in result.message
    for text in wanted.get("output", []):
        assert text in result.output
    for check in result.checks:
        compare_check(check, wanted["checks"].get(check.name) or wanted["checks"]["*"])


def compare_check(check: CheckResult, wanted: dict) -> None:
    assert check.outcome == wanted["outcome"], (check.name, check.message)
    for text in wanted.get("message", []):
        assert text in check.message, check.name
    if "mistake" in wanted:  # "" for none
        assert (check.mistake.name if check.mistake else "") == wanted["mistake"], check.name


def test_every_special_file_has_a_folder() -> None:
    assert set(MAKERS) <= set(NAMES)
