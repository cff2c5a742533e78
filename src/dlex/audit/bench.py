"""Runs a right answer, a mutant or a known mistake against a set of checks."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from dlex.course import Exercise
from dlex.grading.attempt import Attempt
from dlex.grading.failures import SubmissionFailed
from dlex.grading.mistakes import Mistake
from dlex.grading.plugin import Grader
from dlex.grading.replay import FrozenCheck, Replay, replay
from dlex.grading.suspects import Suspect
from dlex.worker.client import Budget, ZygoteDied
from dlex.worker.launcher import Zygote

TRIES = 3
FASTEST = 1.0  # seconds that even a mutant of a quick solution gets
CONSTANTS = 4
SLOWER = 20  # how much slower than its solution a mutant may be


@dataclass
class Bench:
    """One exercise's grader, and the zygote that holds what is not trusted.

    `seconds`: a deadline for each check, shorter than the course's where mutants may hang.
    """

    grader: Grader
    zygote: Zygote
    seconds: float = 0.0

    @property
    def exercise(self) -> Exercise:
        return self.grader.exercise

    def run(
        self, source: bytes, checks: Iterable[FrozenCheck], entropy: str = "audit"
    ) -> Iterator[tuple[FrozenCheck, Replay]]:
        """Replay checks against a source, one by one. Raises what loading it raised.

        `entropy` seeds the random state that the source finds.
        """
        with self._attempt(source, entropy) as attempt:
            for frozen in checks:
                attempt.budget.start_check()
                yield frozen, replay(frozen, attempt)

    def first_lost(self, source: bytes, checks: Iterable[FrozenCheck]) -> str:
        """The first check that a source loses, or "load" if it does not load; "" if it passes all."""
        for _try in range(TRIES):
            try:
                return self._first_lost(source, checks)
            except SubmissionFailed:
                return "load"
            except ZygoteDied as death:
                reason = death
        raise reason

    def limit_by(self, solution: bytes) -> None:
        """Set the deadline for mutants by how long the solution takes."""
        list(self.run(solution, []))  # the zygote is warm from here on
        slowest, began = 0.0, time.monotonic()
        for _check in self.run(solution, self.grader.checks):
            slowest, began = max(slowest, time.monotonic() - began), time.monotonic()
        limit = self.exercise.course.file.limits.check_seconds
        self.seconds = min(limit, FASTEST + SLOWER * slowest)

    def _first_lost(self, source: bytes, checks: Iterable[FrozenCheck]) -> str:
        results = self.run(source, checks)
        try:
            return next((frozen.name for frozen, result in results if result.failure is not None), "")
        finally:
            results.close()

    @contextmanager
    def _attempt(self, source: bytes, entropy: str) -> Iterator[Attempt]:
        limits = self.exercise.course.file.limits
        seconds = self.seconds or limits.check_seconds
        budget = Budget(seconds, limits.submission_seconds, limits.memory_mb << 20, limits.output_kb << 10)
        attempt = Attempt(self.zygote, budget, self.exercise, source, entropy)
        try:
            budget.start_check()
            attempt.start()
            yield attempt
        finally:
            attempt.close()


def run_mistake(
    grader: Grader, mistake: Mistake, seed: int
) -> Iterator[tuple[str, list[tuple[FrozenCheck, Replay]]]]:
    """Replay every check against a mistake, once for each constant, which is told as well.

    Of many constants the first seed takes a few, each other seed one, so that many seeds together
    take them all.
    """
    variants = [suspect for suspect in grader.suspects if suspect.mistake is mistake]
    for turn in range(1 if seed else min(CONSTANTS, len(variants))):
        suspect = variants[(seed + turn) % len(variants)]
        torch.manual_seed(seed)
        random.seed(seed)
        backends = [(frozen, suspect.in_place_of_a_submission(frozen)) for frozen in grader.checks]
        replays = [(frozen, replay(frozen, backend)) for frozen, backend in backends]
        if seed == 0:
            suspect.forget()  # a mistake that does not answer alike twice would never be recognised
        yield _constants(suspect), replays


def _constants(suspect: Suspect) -> str:
    return "".join(f" ({name}={value!r})" for name, value in suspect.constants.items())
