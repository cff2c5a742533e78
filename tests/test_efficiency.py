"""Costs are counted exactly, told in a sentence once an answer is right, and worth points if asked for."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from rich.console import Console

from dlex.course import Course, CourseFile
from dlex.grading.efficiency import efficiency
from dlex.grading.session import grade
from dlex.report.terminal import print_result
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult
from dlex.submission import Source, Submission
from dlex.worker.operations import Measure
from dlex.worker.wire import Cost

ROOT = Path(__file__).resolve().parent.parent

HEAD = """
import threading
import torch
from torch.utils._python_dispatch import _disable_current_modes

def refuse(X, K):
    if K.shape[0] > X.shape[0] or K.shape[1] > X.shape[1]:
        raise ValueError("K does not fit into X")
    return X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1

def loops(X, K):
    oh, ow = refuse(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = (X[i : i + K.shape[0], j : j + K.shape[1]] * K).sum()
    return Y

def unfolded(X, K):
    refuse(X, K)
    return (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).sum((2, 3))
"""
ANSWERS = {
    "loops": "    return loops(X, K)",
    "unfolded": "    return unfolded(X, K)",
    "in a thread": """    box = []
    thread = threading.Thread(target=lambda: box.append(loops(X, K)))
    refuse(X, K)
    thread.start()
    thread.join()
    return box[0]""",
    "modes disabled": """    with _disable_current_modes():
        return loops(X, K)""",
    "dispatch disabled": """    with torch._C._DisableTorchDispatch():
        return loops(X, K)""",
    "wrong": "    return unfolded(X, K.flip(0))",
    "rows": """    oh, ow = refuse(X, K)
    return torch.stack([unfolded(X[i : i + K.shape[0]], K)[0] for i in range(oh)])""",
}


@pytest.fixture(scope="module")
def results(course: Course) -> dict[str, ExerciseResult]:
    """All of them, where efficiency is worth two points."""
    worth = Course(course.root, msgspec.convert(msgspec.to_builtins(course.file), CourseFile))
    (exercise,) = worth.find("corr2d")
    exercise.entry.efficiency = 2
    submissions = [
        Submission(name, {exercise.id: Source("corr2d.py", f"{HEAD}\ndef corr2d(X, K):\n{body}\n".encode())})
        for name, body in ANSWERS.items()
    ]
    return {result.submission: result.exercises[0] for result in grade(worth, [exercise], submissions)}


def clause(result: ExerciseResult) -> CheckResult:
    return next(check for check in result.checks if check.name == "contract[operations]")


def test_loops_over_entries_are_told(results) -> None:
    found = clause(results["loops"]).efficiency
    assert found.operations == {"h=6, w=8": 197, "h=24, w=32": 4775}
    assert found.told == (
        "corr2d dispatches 197 operations for h=6, w=8 and 4,775 for h=24, w=32: about 7 for each entry of "
        "the result; the reference needs 7 for both"
    )


def test_loops_over_rows_are_told(results) -> None:
    assert ": they grow with h or w;" in clause(results["rows"]).efficiency.told


@pytest.mark.parametrize("name", ["in a thread", "modes disabled", "dispatch disabled"])
def test_the_counting_is_not_switched_off(results, name: str) -> None:
    assert clause(results[name]).efficiency.operations == clause(results["loops"]).operations


def test_a_vectorised_answer_earns_the_points(results) -> None:
    result = results["unfolded"]
    assert clause(result).points == 2 and result.score == result.max_score
    assert clause(result).efficiency.told == (
        "corr2d dispatches 4 operations at both sizes; the reference needs 7 for both"
    )
    assert clause(result).efficiency.peak_bytes == {"h=6, w=8": 784, "h=24, w=32": 19096}


def test_growing_costs_lose_the_points_and_no_others(results) -> None:
    result = results["loops"]
    assert clause(result).outcome == "failed" and "for each entry" in clause(result).message
    assert result.score == result.max_score - 2


def test_a_wrong_answer_is_told_nothing_of_its_costs(results) -> None:
    assert clause(results["wrong"]).efficiency is clause(results["wrong"]).operations is None
    assert clause(results["wrong"]).points == 0


def test_without_points_in_the_course_nothing_is_lost(grade_sources, capsys, course) -> None:
    source = f"{HEAD}\ncorr2d = loops\n".encode()
    result = grade_sources("corr2d", {"loops": source})["loops"]
    assert result.score == result.max_score and clause(result).max_points == 0
    assert clause(result).efficiency.grows


def costs(small: int, large: int) -> tuple[Cost, Cost]:
    return Cost(small, 0, 0), Cost(large, 0, 0)


def told(small: int, large: int, sizes=({"n": 4, "q": 6}, {"n": 16, "q": 24}), reference=(2, 2)) -> str:
    return efficiency("f", sizes, (24, 384), costs(small, large), costs(*reference)).told


def test_what_two_counts_cannot_tell_apart_is_told_together() -> None:
    assert "they grow with n or q;" in told(37, 145)
    assert ": about 5 for each entry of the result;" in told(121, 1921)
    assert ": one for each entry of the result;" in told(26, 386)
    assert "they grow with the input;" in told(100, 100_000)


def test_growth_is_measured_against_the_reference() -> None:
    assert not efficiency("f", ({"T": 2}, {"T": 8}), (1, 1), costs(20, 80), costs(10, 40)).grows
    assert efficiency("f", ({"T": 2}, {"T": 8}), (1, 1), costs(20, 80), costs(10, 10)).grows
    assert told(5, 5) == "f dispatches 5 operations at both sizes; the reference needs 2 for both"
    assert told(5, 6, reference=(2, 3)).endswith("; the reference needs 2 and 3")


def test_memory_and_matrix_work_are_counted() -> None:
    X = torch.ones(8, 4)
    with Measure() as measure:
        Y = X.T @ X  # 4 * 4 floats
        Z = Y + 1
        del Y
        Z = Z * 2
    assert measure.flops == 2 * 8 * 4 * 4
    assert measure.peak_bytes == 2 * 64
    assert Z.shape == (4, 4)


def test_the_table_of_the_solutions_is_fresh(course, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.delitem(sys.modules, "operations", raising=False)
    import operations

    committed = operations.TABLE.read_text(encoding="utf-8")
    if f"torch {torch.__version__.split('+')[0]}." not in committed:
        pytest.skip("the table was written with another version of torch")
    assert operations.table(course) == committed


def test_the_report_tells_it(course, results) -> None:
    done = "you", "c", "h", 0, "cpu", 2, "2026-01-01", 0.1, "graded", "", 21, 21, [results["unfolded"]]
    output = io.StringIO()
    print_result(SubmissionResult(*done), course, Console(width=200, file=output))
    assert "corr2d dispatches 4 operations at both sizes" in output.getvalue()
    assert "784 bytes for h=6, w=8" in output.getvalue()
