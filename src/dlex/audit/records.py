"""What an audit found, as plain records."""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = 1
TARGET = 0.98  # of the mutants that are wrong, the share that a grader has to reject


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that an author has to put right, and where."""

    kind: str
    exercise: str
    file: str
    line: int
    message: str
    detail: str = ""
    seeds: list[int] = []


class Mutant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One small change of a solution, and what became of it.

    rejected: lost points at every seed · survived: it is wrong, and passed everything at some seed ·
    equivalent: nothing was found in which it differs from the solution.
    """

    operator: str
    line: int
    diff: str
    fate: Literal["rejected", "survived", "equivalent"]
    survived: list[int] = []
    differs: str = ""


class ExerciseAudit(msgspec.Struct, frozen=True):
    """One exercise. `wrong`, `rejected` count mutants once per seed, `made` before any were left out."""

    id: str
    seeds: list[int]
    checks: int = 0
    points: float = 0.0
    variants: int = 0
    mistakes: int = 0
    made: int = 0
    wrong: int = 0
    rejected: int = 0
    mutants: list[Mutant] = []
    problems: list[Problem] = []
    seconds: float = 0.0

    @property
    def kill_rate(self) -> float | None:
        """Rejected mutants per wrong mutant, over all seeds; None if there were none."""
        return self.rejected / self.wrong if self.wrong else None

    def of_fate(self, fate: str) -> list[Mutant]:
        """The mutants that were rejected, survived or are equivalent."""
        return [mutant for mutant in self.mutants if mutant.fate == fate]


class Audit(msgspec.Struct, frozen=True):
    """All exercises that were asked for, and what is wrong with the course as a whole."""

    course: str
    course_hash: str
    isolation: int
    exercises: list[ExerciseAudit]
    problems: list[Problem] = []
    seconds: float = 0.0
    schema: int = SCHEMA

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem: the course's, then each exercise's."""
        return [*self.problems, *(problem for exercise in self.exercises for problem in exercise.problems)]

    @property
    def clean(self) -> bool:
        """Whether there is nothing to put right."""
        return not self.all_problems


def to_json(audit: Audit) -> str:
    """The record as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(audit), indent=2).decode()
