"""Versioned records: one JSON object per submission. Finite numbers, text already made harmless."""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = 1

Outcome = Literal[
    "passed", "failed", "error", "timeout", "crashed", "forbidden", "not_attempted", "not_graded"
]


class Counterexample(msgspec.Struct, frozen=True, omit_defaults=True):
    """The smallest call that was found to go wrong."""

    call: str
    arguments: dict[str, str]
    got: str = ""
    expected: str = ""


class NamedMistake(msgspec.Struct, frozen=True, omit_defaults=True):
    """A known mistake that behaves exactly like the submission. `hint` goes a step further than the
    explanation: `dlex hint` shows it, reports do not."""

    name: str
    explanation: str
    hint: str = ""


class Efficiency(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the calls of a right answer cost at two sizes, by size; `told` says it in a sentence.

    `grows`: much more than the reference's operations do. `reference_bytes`: the reference's peak.
    On a GPU also: how often the CPU waited for it, the most bytes taken there, the time of a call. The
    last two are what the submission's own process measured: advice.
    """

    operations: dict[str, int]
    reference: dict[str, int]
    flops: dict[str, int]
    peak_bytes: dict[str, int]
    grows: bool
    told: str
    reference_bytes: dict[str, int] = {}
    round_trips: dict[str, int] = {}
    gpu_bytes: dict[str, int] = {}
    gpu_microseconds: dict[str, float] = {}


class CheckResult(msgspec.Struct, frozen=True):
    """One scored test. `feedback` says how much of it learners see, if it is hidden; `line` is the
    line of the learner's file that a failure concerns, 0 if none does."""

    name: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    hidden: bool
    feedback: str
    message: str = ""
    hint: str = ""
    counterexample: Counterexample | None = None
    mistake: NamedMistake | None = None
    operations: dict[str, int] | None = None
    line: int = 0
    efficiency: Efficiency | None = None


def prominence(name: str, hidden: bool, points: float) -> tuple[bool, bool, float]:
    """Sorts the check that says most about a cause to the front: visible, none of the contract's,
    with many points. The contract's stay in their order: a wrong dtype is no matter of gradients."""
    in_contract = "[" in name
    return hidden, in_contract, 0.0 if in_contract else -points


class ExerciseResult(msgspec.Struct, frozen=True):
    """One exercise of a submission. `not_graded`: the machinery failed, which is not a zero.

    `file` is the learner's file, as named in what was handed in; "" if there is none.
    """

    id: str
    title: str
    status: Literal["graded", "missing", "not_attempted", "load_error", "not_graded"]
    score: float
    max_score: float
    message: str
    output: str
    checks: list[CheckResult]
    file: str = ""


class SubmissionResult(msgspec.Struct, frozen=True):
    """Everything that is known about one graded submission."""

    submission: str
    course: str
    course_hash: str
    seed: int
    device: str
    isolation: int
    started: str
    duration_s: float
    status: Literal["graded", "not_graded"]
    reason: str
    score: float
    max_score: float
    exercises: list[ExerciseResult]
    schema: int = SCHEMA

    @property
    def perfect(self) -> bool:
        """Whether every check of every exercise passed."""
        checks = [check for exercise in self.exercises for check in exercise.checks]
        return bool(checks) and all(check.outcome == "passed" for check in checks)


def to_json(result: SubmissionResult) -> str:
    """The record as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode()


def from_json(text: str | bytes) -> SubmissionResult:
    """Read a record back. msgspec.ValidationError if it is none."""
    return msgspec.json.decode(text, type=SubmissionResult)
