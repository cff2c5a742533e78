"""Shared by the benchmarks: the course, medians, and a grading session that stays warm."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dlex.course import Course, read_course
from dlex.grading.attempt import Attempt
from dlex.grading.plugin import Grader, run_pytest
from dlex.worker import sandbox
from dlex.worker.client import Budget
from dlex.worker.launcher import Zygote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CLI = [sys.executable, str(ROOT / "cli.py")]


def course() -> Course:
    return read_course(ROOT)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def median(times: list[float]) -> float:
    return statistics.median(times)


def timed(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def alternating(runs: int, *functions: Callable[[], object]) -> list[float]:
    """Median seconds of each function, called in turn: A B A B …, after one warm-up each."""
    times = [[timed(function) for function in functions] for _ in range(runs + 1)][1:]
    return [median(list(column)) for column in zip(*times, strict=True)]


def budget() -> Budget:
    fresh = Budget(60.0, 600.0, 2 << 30, 1 << 16)
    fresh.start_check()
    return fresh


def with_grader(exercise: str, work: Callable[[Grader, Callable[[bytes], Attempt]], None]) -> None:
    """Call `work` with an exercise's grader and a way to start an attempt at the best level."""
    found = course()
    (target,) = found.find(exercise)
    zygote = Zygote(sandbox.probe().level, [])

    def attempt(source: bytes) -> Attempt:
        started = Attempt(zygote, budget(), target, source, "benchmark")
        started.start()
        return started

    try:
        run_pytest(found, [target], 0, lambda plugin: work(plugin.graders[target.id], attempt))
    finally:
        zygote.close()


def run(command: list[str], **options: object) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
