"""Which known mistake behaves exactly like this submission?

A mistake explains a check if, run through the check's examples, it gives the very answers that the
submission gave (values, NaN and infinities, dtypes, gradients, changed arguments, exceptions) and
fails the check as well. Where none does, nothing is named: silence beats a wrong name.
"""

from __future__ import annotations

from collections.abc import Callable

from dlex.grading.calls import Functions
from dlex.grading.compare import is_close
from dlex.grading.failures import CheckFailed, SubmissionFailed
from dlex.grading.mistakes import Mistake, Reference
from dlex.grading.oracle import Local
from dlex.grading.replay import FrozenCheck, Replay, copy
from dlex.worker import values, wire

ENOUGH_DEVIATIONS = 10


def diagnose(reference: Reference, replays: list[tuple[FrozenCheck, Replay]]) -> dict[str, Mistake]:
    """The mistake behind each failed check, where one is certain, by check name.

    A mistake that explains everything that was seen of the submission explains all its failed
    checks. One that explains only part of it may be one of two mistakes: it is named on a check
    where it is wrong on many examples in just the same way, if every check that it is known to lose
    was lost.
    """
    failed = [(frozen, result) for frozen, result in replays if result.failure is not None]
    if not failed:
        return {}
    passed = [(frozen, result) for frozen, result in replays if result.failure is None]
    lost = {frozen.name for frozen, _result in failed}
    partly: dict[str, Mistake] = {}
    wholly: list[tuple[int, Mistake]] = []
    for mistake in reference.mistakes:
        for functions in reference.with_mistake(mistake):
            explained = {
                frozen.name: deviations
                for frozen, result in failed
                if (deviations := _match(frozen, result, functions))
            }
            if explained.keys() == lost:
                if all(_match(frozen, result, functions) is not None for frozen, result in passed):
                    wholly.append((sum(explained.values()), mistake))
            elif lost.issuperset(mistake.loses):
                for name, deviations in explained.items():
                    if deviations >= ENOUGH_DEVIATIONS:
                        partly.setdefault(name, mistake)
    if wholly:
        return dict.fromkeys(lost, min(wholly, key=lambda entry: entry[0])[1])
    return partly


def _match(frozen: FrozenCheck, result: Replay, functions: dict[str, Callable]) -> int | None:
    """On how many examples `functions` fail the check, if they answer all of them as the submission
    did; None if they do not, or if the submission died and there is nothing to compare."""
    if result.failure is not None and result.failure.error.kind in ("timeout", "crashed"):
        return None
    oracle = frozen.oracle()
    deviations = 0
    for example, transcript in zip(frozen.examples, result.transcripts, strict=False):
        mimic = _Mimic(functions, transcript)
        try:
            frozen.body(Functions(mimic), oracle, **copy(example.drawn))
        except _Differs:
            return None
        except (CheckFailed, SubmissionFailed):
            deviations += 1
    return deviations


class _Differs(BaseException):
    """The mistake answered something else than the submission did."""


class _Mimic(Local):
    """Answers like a mistake, as long as that is what the submission answered."""

    def __init__(self, functions, transcript: list[wire.Reply]):
        super().__init__(functions)
        self._seen = iter(transcript)

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        reply = super().ask(request)
        seen = next(self._seen, None)
        if seen is None or not _same(seen, reply, _magnitude(request)):
            raise _Differs
        return reply


def _same(seen: wire.Reply, reply: wire.Reply, magnitude: float) -> bool:
    """Whether two replies tell of the same behaviour, up to rounding."""
    if (seen.error is None) != (reply.error is None) or seen.forbidden:
        return False
    if seen.error is not None:
        return seen.error.kind == reply.error.kind and seen.error.message == reply.error.message
    return (
        _same_value(seen.value, reply.value, magnitude)
        and _same_gradients(seen, reply, magnitude)
        and _same_effects(seen, reply)
    )


def _magnitude(request: wire.Call | wire.Attribute) -> float:
    """The largest finite number among the arguments: what both sides had to round."""
    if isinstance(request, wire.Attribute):
        return 0.0
    arguments = [values.decode(arg, lambda ref: None) for arg in request.args]
    floats = [leaf for leaf in values.leaves(arguments) if leaf.is_floating_point() and leaf.numel()]
    return max(
        (float(leaf[leaf.isfinite()].abs().amax()) for leaf in floats if leaf.isfinite().any()), default=0.0
    )


def _same_value(seen: wire.Value, value: wire.Value, magnitude: float = 0.0) -> bool:
    def described(ref: wire.Ref | wire.Callback) -> object:
        return ref.type_name if isinstance(ref, wire.Ref) else ref.id

    try:
        return is_close(values.decode(seen, described), values.decode(value, described), magnitude)
    except (ValueError, TypeError, RuntimeError, OverflowError):  # a worker may have sent anything
        return False


def _same_gradients(seen: wire.Reply, reply: wire.Reply, magnitude: float) -> bool:
    ours, theirs = seen.gradients or [], reply.gradients or []
    return len(ours) == len(theirs) and all(
        (a is None) == (b is None) and (a is None or _same_value(a, b, magnitude))
        for a, b in zip(ours, theirs, strict=True)
    )


def _same_effects(seen: wire.Reply, reply: wire.Reply) -> bool:
    ours, theirs = seen.observed, reply.observed
    if ours is None or theirs is None:
        return ours is theirs
    return (
        ours.random_state_moved == theirs.random_state_moved
        and len(ours.arguments) == len(theirs.arguments)
        and all(_same_value(a, b) for a, b in zip(ours.arguments, theirs.arguments, strict=True))
    )
