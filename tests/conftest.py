"""Shared by all tests: the course of this repository, and a way to grade sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings

from dlex.course import Course, read_course
from dlex.grading.session import grade
from dlex.results.records import ExerciseResult
from dlex.submission import Source, Submission

ROOT = Path(__file__).resolve().parent.parent
os.environ["DLEX_LANG"] = "en"  # what tests read, wherever they run
LONGEST = ("test_nbgrader", "test_grade", "test_golden", "test_grading", "test_cluster", "test_audit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, so that processes side by side end together."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


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
def course_of_softmax() -> Callable[[Path], Course]:
    """Writes a course of one exercise into a folder, which a test may change, with a short deadline."""

    def write(root: Path) -> Course:
        for folder in ("exercises", "solutions", "graders", "reference"):
            (root / folder / "ch03").mkdir(parents=True)
            shutil.copy(ROOT / folder / "ch03" / "softmax.py", root / folder / "ch03")
        text = (ROOT / "exercises" / "course.toml").read_text(encoding="utf-8")
        head, *entries = text.split("[[chapter.exercise]]")
        softmax = next(entry for entry in entries if 'name = "softmax"' in entry).split("[[chapter]]")[0]
        kept = f"{head}[[chapter.exercise]]{softmax}".replace("check_seconds = 5", "check_seconds = 1")
        (root / "exercises" / "course.toml").write_text(kept, encoding="utf-8")
        return read_course(root)

    return write


@pytest.fixture
def small(course_of_softmax: Callable[[Path], Course], tmp_path: Path) -> Course:
    """A course of one exercise."""
    return course_of_softmax(tmp_path / "course")


@pytest.fixture
def few_examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where it does not matter how many examples are drawn, draw few, to be quick."""
    usual = settings.get_profile("dlex")
    settings.register_profile("dlex", parent=usual, max_examples=3)
    monkeypatch.setattr("dlex.grading.contract.EXAMPLES", 3)
    yield
    settings.register_profile("dlex", parent=usual)
    settings.load_profile("dlex")


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
