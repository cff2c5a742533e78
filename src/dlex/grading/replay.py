"""Examples are drawn once by hypothesis, then replayed for every submission; a failure is shrunk
by running hypothesis live.

Drawing runs each check against the reference and records which calls it makes. For a submission
these calls are sent in one batch, and the check's body runs again while the answers stream in. A
call that was not foreseen (its arguments depend on an earlier answer) is simply made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import hypothesis
import msgspec
import torch
from hypothesis.errors import Unsatisfiable

from dlex.errors import CourseError
from dlex.grading.answers import Answers
from dlex.grading.calls import Backend, Functions
from dlex.grading.checks import CheckInfo
from dlex.grading.failures import CheckFailed, Died, Raised, SubmissionFailed, Unusable
from dlex.grading.mistakes import Reference
from dlex.grading.oracle import Memory, Recorder
from dlex.grading.same import identical
from dlex.results.records import Efficiency, prominence
from dlex.worker import wire
from dlex.worker.client import ZygoteDied

MANY = 4  # sets of passing answers to keep for an example
CRASH_TRIES = 5  # tries that one costs which ends the worker: the next needs a new one
PATIENCE = 10.0  # seconds after which a shrink is given up, however far it is
WRONG = (CheckFailed, SubmissionFailed)


@dataclass(frozen=True)
class Example:
    """What hypothesis drew for a check, the calls that the check makes with it, and sets of answers
    with which it passed."""

    drawn: dict[str, object]
    requests: list[bytes]
    passing: list[list[wire.Reply]] = field(default_factory=list)

    @cached_property
    def size(self) -> tuple[int, int, float]:
        """How large it is, see `size`."""
        return size(self.drawn)

    @cached_property
    def calls(self) -> list[wire.Call]:
        """The calls, decoded."""
        return [msgspec.msgpack.decode(request, type=wire.Call) for request in self.requests]


@dataclass(frozen=True)
class FrozenCheck:
    """A check with its examples drawn; `answers` are what the reference said to them. `device` is where
    the submission's arguments are."""

    name: str
    info: CheckInfo
    function: Callable
    body: Callable
    reference: Reference
    seed: int
    device: str = wire.CPU
    examples: list[Example] = field(default_factory=list)
    answers: dict[bytes, wire.Reply] = field(default_factory=dict)

    @property
    def drawn_by_hypothesis(self) -> bool:
        return hasattr(self.function, "hypothesis")

    @property
    def prominence(self) -> tuple[bool, bool, float]:
        return prominence(self.name, self.info.hidden, self.info.points)

    def submission(self, backend: Backend) -> Functions:
        """The `submission` of a check's body, answered by a backend."""
        return Functions(backend, self.device)

    def oracle(self) -> Functions:
        """The `reference` of a check's body."""
        return Functions(Memory(self.reference.functions, self.answers))


@dataclass
class Failure:
    """A check went wrong on an example; `request` is the last call it made."""

    error: CheckFailed | SubmissionFailed
    drawn: dict[str, object]
    request: wire.Call | wire.Attribute | None

    @cached_property
    def size(self) -> tuple[int, int, float]:
        """How large the example is, see `size`."""
        return size(self.drawn)


@dataclass(frozen=True)
class Seen:
    """What came of one example: every answer, in order; whether they were all answers to the calls
    that were foreseen; whether the check failed on them; how many it had asked for by then."""

    replies: list[wire.Reply]
    foreseen: bool
    failed: bool
    asked: int


@dataclass
class Replay:
    """What came of one check: a failure or none, and what was seen of each example, for diagnosis.

    `died` says that the submission did not live to answer everything. `features` are those of its
    random functions, once diagnosis has read them off the answers.
    """

    failure: Failure | None = None
    died: bool = False
    efficiency: Efficiency | None = None
    seen: list[Seen] = field(default_factory=list)
    features: dict[str, Iterable[object]] = field(default_factory=dict)


def freeze(
    name: str,
    info: CheckInfo,
    function: Callable,
    reference: Reference,
    seed: int,
    device: str = wire.CPU,
) -> FrozenCheck:
    """Draw a check's examples and record its calls. CourseError if the reference fails it."""
    body = function.hypothesis.inner_test if hasattr(function, "hypothesis") else function
    frozen = FrozenCheck(name, info, function, body, reference, seed, device)

    def record(**drawn: object) -> None:
        recorder = Recorder(reference.functions)
        kept = copy(drawn)
        body(frozen.submission(recorder), frozen.oracle(), **drawn)
        frozen.examples.append(Example(kept, recorder.requests))

    try:
        _run_with(frozen, record)
    except Unsatisfiable:
        raise CourseError(f"{name}: its strategy draws nothing valid") from None
    except Raised as error:
        raise CourseError(f"{name}: the reference raised {error}{_line_of(error)}") from error
    except Exception as error:
        raise CourseError(f"{name}: the reference does not pass this check: {error!r}") from error
    if not frozen.examples:
        raise CourseError(f"{name}: hypothesis drew no example")
    return frozen


def _line_of(error: Raised) -> str:
    return f", at its {error.where}" if error.where else ""


def replay(frozen: FrozenCheck, attempt: Answers) -> Replay:
    """Run a check against a submission: all examples, even after a failure, while it lives."""
    result = Replay()
    oracle = frozen.oracle()
    try:
        attempt.prefetch([request for example in frozen.examples for request in example.requests])
    except SubmissionFailed as error:
        result.failure, result.died = Failure(error, {}, None), isinstance(error, Died)
        return result
    for example in frozen.examples:
        attempt.begin(example.requests)
        result.seen.append(_seen(frozen, example, attempt, oracle, result))
        try:
            attempt.finish()
        except SubmissionFailed as error:
            _keep_smaller(result, error, example, attempt.last)
        if result.died:
            attempt.close()  # answers may still be on their way: the next check gets a fresh fork
            break
    return result


def _seen(frozen: FrozenCheck, example: Example, attempt: Answers, oracle: Functions, result: Replay) -> Seen:
    """Judge one example. What a check cannot tell from answers that passed it passes, too."""
    try:
        if example.passing:
            replies = attempt.read_ahead(example.calls)
            if any(all(map(identical, replies, known)) for known in example.passing):
                return Seen(replies, True, False, len(replies))
        result.efficiency = _run_body(frozen, attempt, oracle, copy(example.drawn)) or result.efficiency
    except WRONG as error:
        _keep_smaller(result, error, example, attempt.last)
        return Seen(attempt.transcript, attempt.foreseen, True, len(attempt.transcript))
    complete = attempt.foreseen and len(attempt.transcript) == len(example.requests)
    if complete and result.efficiency is None and len(example.passing) < MANY:
        example.passing.append(attempt.transcript)
    return Seen(attempt.transcript, attempt.foreseen, False, len(attempt.transcript))


def shrink(frozen: FrozenCheck, attempt: Answers, failure: Failure, tries: int) -> tuple[Failure, int]:
    """The smallest example with the same kind of failure that hypothesis finds in so many tries, and
    how many it took."""
    if not frozen.drawn_by_hypothesis or failure.error.outcome in ("timeout", "not_attempted"):
        return failure, 0
    best, used = failure, 0
    latest = time.monotonic() + PATIENCE
    oracle = Functions(Memory(frozen.reference.functions, dict(frozen.answers)))

    def live(**drawn: object) -> None:
        nonlocal best, used
        if used >= tries or time.monotonic() > latest:
            raise _Enough
        used += 1
        kept = copy(drawn)
        if size(kept) > failure.size:
            return  # hypothesis counts choices; a tensor of zeros is small to it, however large
        attempt.begin([])
        try:
            _run_body(frozen, attempt, oracle, drawn)
        except WRONG as error:
            if error.kind == "crashed":
                used += CRASH_TRIES - 1
            if error.kind != failure.error.kind:
                return
            if size(kept) <= best.size:
                best = Failure(error, kept, attempt.last)
            raise

    try:
        attempt.budget.start_check()
        _run_with(frozen, live)
    except (_Enough, Exception):
        pass  # the failure itself, or the end of the tries: either way `best` is what we have
    return best, used


class _Enough(BaseException):
    """Ends a hypothesis run from inside; an Exception would be taken for a failure."""


def _run_body(frozen: FrozenCheck, attempt: Answers, oracle: Functions, drawn: dict[str, object]):
    """Run a check's body; an exception of its own is the answer's fault, not the machinery's."""
    try:
        return frozen.body(frozen.submission(attempt), oracle, **drawn)
    except (*WRONG, ZygoteDied):
        raise
    except Exception as error:
        raise Unusable(error) from error


def _keep_smaller(result: Replay, error: Exception, example: Example, request) -> None:
    result.died = result.died or isinstance(error, Died)
    if result.failure is None or example.size < result.failure.size:
        result.failure = Failure(error, copy(example.drawn), request)


def _run_with(frozen: FrozenCheck, body: Callable[..., None]) -> None:
    """Let hypothesis draw for a check, seeded, and call `body` with what it drew."""
    if not frozen.drawn_by_hypothesis:
        body()
        return

    def without_fixtures(submission: object, reference: object, **drawn: object) -> None:
        body(**drawn)

    test = frozen.function
    original = test.hypothesis.inner_test
    test.hypothesis.inner_test = without_fixtures
    try:
        hypothesis.seed(frozen.seed)(test)(submission=None, reference=None)
    finally:
        test.hypothesis.inner_test = original


def copy(value: object) -> object:
    """A copy whose tensors have memory of their own, with the same strides."""
    if isinstance(value, torch.Tensor):
        fresh = value.detach().clone()
        if fresh.stride() != value.stride():  # of a view, with gaps or entries that share memory
            fresh = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype).copy_(value.detach())
        return fresh.requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(copy(item) for item in value)
    if isinstance(value, dict):
        return {name: copy(item) for name, item in value.items()}
    return value


def size(value: object) -> tuple[int, int, float]:
    """How large an example is: entries, then entries that are no integers, then magnitude."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().to(torch.float64).flatten()
        finite = torch.nan_to_num(flat, nan=1e3, posinf=1e3, neginf=1e3).abs()
        return value.numel(), int((finite != finite.round()).sum()), float(finite.sum())
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        parts = [size(item) for item in value]
        return sum(p[0] for p in parts), sum(p[1] for p in parts), sum(p[2] for p in parts)
    return (0, 0, abs(float(value))) if isinstance(value, (int, float)) else (0, 0, 0.0)
