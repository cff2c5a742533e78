"""Shared by all tests: the course of this repository, and a way to grade sources."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dlex.course import Course, read_course
from dlex.grading.session import grade
from dlex.results.records import ExerciseResult
from dlex.submission import Source, Submission

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this repository."""
    return read_course(ROOT)


@pytest.fixture(scope="session")
def grade_sources(course: Course) -> Callable[..., dict[str, ExerciseResult]]:
    """Grade several sources for one exercise in one session: name to bytes in, name to result out."""

    def run(exercise_id: str, sources: dict[str, bytes], **options: object) -> dict[str, ExerciseResult]:
        limits = options.pop("limits", {})
        file = msgspec.structs.replace(
            course.file, limits=msgspec.structs.replace(course.file.limits, **limits)
        )
        limited = Course(course.root, file)
        (exercise,) = limited.find(exercise_id)
        submissions = [
            Submission(name, {exercise.id: Source(f"{exercise.name}.py", content)})
            for name, content in sources.items()
        ]
        results = grade(limited, [exercise], submissions, **options)
        return {result.submission: result.exercises[0] for result in results}

    return run


@pytest.fixture(scope="session")
def solution(course: Course) -> Callable[[str], bytes]:
    """The bytes of an exercise's worked answer."""
    return lambda exercise_id: course.find(exercise_id)[0].path("solutions").read_bytes()


@pytest.fixture
def dlex(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Run the command line in `tmp_path` as a process of its own, as a user would."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(ROOT / "cli.py"), *arguments]
        variables = {**os.environ, "DLEX_COURSE": str(ROOT), "COLUMNS": "80", **environment}
        return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=120)

    return run
