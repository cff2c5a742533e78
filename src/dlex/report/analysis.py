"""The tables of a class report, computed from a class."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dlex.report.classroom import Cause, Check, Classroom, Failure, Learner, Standing
from dlex.report.measures import correlation, histogram, mean, quartiles, share
from dlex.results.records import NamedMistake

SLOWEST = 10


@dataclass(frozen=True)
class Spread:
    """How shares of points are distributed; `bars` are eleven counts, see `histogram`."""

    count: int
    mean: float | None
    quartiles: tuple[float, float, float] | None
    perfect: int
    bars: list[int]


@dataclass(frozen=True)
class ExerciseRow:
    """An exercise: how many have begun it, and how those fared."""

    id: str
    title: str
    begun: int
    not_begun: int
    unloadable: int
    not_graded: int
    spread: Spread


@dataclass(frozen=True)
class CheckRow:
    """Item analysis of a check.

    `tried` are the learners whose file loaded, `passed` those of them who passed. `difficulty` is the
    share that passed, `discrimination` the correlation of passing with the share of the points that a
    learner earned in all other exercises; None where there is none.
    """

    check: Check
    tried: int
    passed: int
    timeouts: int
    growing: int
    discrimination: float | None

    @property
    def difficulty(self) -> float | None:
        return self.passed / self.tried if self.tried else None

    @property
    def _against_the_able(self) -> bool:
        """Whether it is below 0 by more than twice the standard error that a correlation of 0 has."""
        return self.discrimination is not None and self.discrimination < -2 / math.sqrt(self.tried)

    @property
    def notes(self) -> list[str]:
        """What an instructor should look at."""
        told = {
            "nobody passes": self.tried and not self.passed,
            "everybody passes": self.tried and self.passed == self.tried,
            "those who fail it do better elsewhere": self._against_the_able,
            f"{self.timeouts} ran out of time": self.timeouts,
            f"{self.growing} right, but slower than need be": self.growing,
        }
        return [note for note, true in told.items() if true]


@dataclass(frozen=True)
class MistakeRow:
    """A named mistake: who made it, of how many that have begun the exercise, and what it cost them
    on average."""

    exercise: str
    mistake: NamedMistake
    learners: list[Learner]
    begun: int
    points: float


def spread(shares: list[float]) -> Spread:
    return Spread(
        len(shares), mean(shares), quartiles(shares), sum(s == 1 for s in shares), histogram(shares)
    )


def totals(room: Classroom) -> Spread:
    """The spread of the whole over those who have begun and were graded."""
    return spread([learner.share for learner in room.learners if learner.graded and learner.begun])


def exercise_rows(room: Classroom) -> list[ExerciseRow]:
    return [_exercise_row(room, id, title) for id, title in room.exercises.items()]


def _exercise_row(room: Classroom, id: str, title: str) -> ExerciseRow:
    standings = [standing for _learner, standing in room.standings(id)]
    begun = [standing for standing in standings if standing.begun]
    lost = sum(standing.status == "not_graded" for standing in standings)
    return ExerciseRow(
        id,
        title,
        begun=len(begun),
        not_begun=len(standings) - len(begun) - lost,
        unloadable=sum(standing.status == "load_error" for standing in begun),
        not_graded=lost,
        spread=spread([standing.share for standing in begun]),
    )


def check_rows(room: Classroom) -> list[CheckRow]:
    rests = {id: _rests(room, id) for id in room.exercises}
    return [_check_row(room, check, rests[check.exercise]) for check in room.checks.values()]


def _check_row(room: Classroom, check: Check, rests: dict[Learner, float]) -> CheckRow:
    tried = [
        (learner, standing)
        for learner, standing in room.standings(check.exercise)
        if standing.status == "graded" and standing.outcomes.get(check.name, "not_graded") != "not_graded"
    ]
    outcomes = {learner: standing.outcomes[check.name] for learner, standing in tried}
    compared = [learner for learner in outcomes if learner in rests]
    return CheckRow(
        check,
        tried=len(tried),
        passed=sum(outcome == "passed" for outcome in outcomes.values()),
        timeouts=sum(outcome == "timeout" for outcome in outcomes.values()),
        growing=sum(check.name in standing.growing for _learner, standing in tried),
        discrimination=correlation(
            [float(outcomes[learner] == "passed") for learner in compared],
            [rests[learner] for learner in compared],
        ),
    )


def _rests(room: Classroom, exercise: str) -> dict[Learner, float]:
    """The share that each learner earned in all exercises but one; none for who has no others."""
    others = {learner: _others(learner, exercise) for learner in room.learners}
    return {
        learner: share(sum(s.score for s in rest), sum(s.most for s in rest))
        for learner, rest in others.items()
        if any(standing.most > 0 for standing in rest)
    }


def _others(learner: Learner, exercise: str) -> list[Standing]:
    counted = (s for s in learner.standings.values() if s.status != "not_graded")
    return [standing for standing in counted if standing.exercise != exercise]


def mistake_rows(room: Classroom) -> list[MistakeRow]:
    """Mistakes, those that most learners made first."""
    costs: dict[tuple[str, str], dict[Learner, float]] = {}
    known: dict[tuple[str, str], NamedMistake] = {}
    for learner, exercise, cause in _causes(room):
        if mistake := cause.failure.mistake:
            key = exercise, mistake.name
            known[key] = mistake
            cost = costs.setdefault(key, {})
            cost[learner] = cost.get(learner, 0.0) + cause.points
    begun = {row.id: row.begun for row in exercise_rows(room)}
    rows = [
        MistakeRow(key[0], known[key], list(cost), begun[key[0]], sum(cost.values()) / len(cost))
        for key, cost in costs.items()
    ]
    return sorted(rows, key=lambda row: -len(row.learners))


def _causes(room: Classroom) -> Iterable[tuple[Learner, str, Cause]]:
    for id in room.exercises:
        for learner, standing in room.standings(id):
            for cause in standing.causes:
                yield learner, id, cause


def shared_failures(room: Classroom) -> list[Failure]:
    """Failures that several learners have in common, the most frequent first."""
    shared = [failure for failure in room.failures if len(failure.learners) > 1]
    return sorted(shared, key=lambda failure: -len(failure.learners))


def slowest(room: Classroom) -> list[Learner]:
    """The submissions that took longest to grade."""
    return sorted(room.learners, key=lambda learner: -learner.seconds)[:SLOWEST]
