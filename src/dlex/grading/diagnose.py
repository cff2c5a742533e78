"""Which known mistake behaves exactly like this submission?

A mistake explains a check if, run through the check's examples, it gives the very answers that the
submission gave (values, NaN and infinities, dtypes, gradients, changed arguments, exceptions) and
fails the check as well. Where none does, nothing is named: silence beats a wrong name.

No two answers of a random function are the same. There, the answers need the same types, shapes and
exceptions, and the same features (`dlex.grading.features`) over all of the check's examples.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from dlex.grading.calls import Draw, Functions
from dlex.grading.compare import assert_alike
from dlex.grading.contract import filled_gradients
from dlex.grading.failures import CheckFailed, SubmissionFailed
from dlex.grading.mistakes import Mistake, Reference
from dlex.grading.oracle import Local
from dlex.grading.replay import FrozenCheck, Replay, copy
from dlex.grading.same import alike, described, identical, same, same_value
from dlex.grading.suspects import Suspect, own_luck
from dlex.worker import values, wire

ENOUGH_DEVIATIONS = 10
DIFFERS = -1


def diagnose(known: list[Suspect], replays: list[tuple[FrozenCheck, Replay]]) -> dict[str, Mistake]:
    """The mistake behind each failed check, where one is certain, by check name.

    A mistake that explains everything that was seen of the submission explains all its failed
    checks. One that explains only part of it may be one of two mistakes: it is named on a check
    where it is wrong on many examples in just the same way, if every check that it is known to lose
    was lost. (Features are never the same by accident, so that one example will do.)
    """
    failed = [(frozen, result) for frozen, result in replays if result.failure is not None]
    if not failed:
        return {}
    passed = [(frozen, result) for frozen, result in replays if result.failure is None]
    failed.sort(key=lambda entry: len(entry[0].examples))  # what is quick to refute comes first
    wholly: list[tuple[int, Mistake]] = []
    for suspect in known:
        deviations = _match_all(failed, passed, suspect)
        if deviations is not None:
            wholly.append((deviations, suspect.mistake))
    if wholly:
        lost = [frozen.name for frozen, _result in failed]
        return dict.fromkeys(lost, min(wholly, key=lambda entry: entry[0])[1])
    return _partly(known, failed)


def _match_all(failed: list, passed: list, suspect: Suspect) -> int | None:
    """On how many examples a suspect fails, if it explains all that was seen; else None."""
    deviations = 0
    for frozen, result in failed:
        fails = _match(frozen, result, suspect)
        if not fails:
            return None
        deviations += fails
    if any(_match(frozen, result, suspect) is None for frozen, result in passed):
        return None
    return deviations


def _partly(known: list[Suspect], failed: list[tuple[FrozenCheck, Replay]]) -> dict[str, Mistake]:
    """The mistakes that explain some of the failed checks, where none explains everything."""
    lost = {frozen.name for frozen, _result in failed}
    features = failed[0][0].reference.features
    named: dict[str, Mistake] = {}
    for suspect in known:
        mistake = suspect.mistake
        if not lost.issuperset(mistake.loses):
            continue
        certain = bool(mistake.loses) and not mistake.functions.isdisjoint(features)
        quickest = next((entry for entry in failed if entry[0].name in mistake.loses), None)
        if certain and not _match(*quickest, suspect):
            continue
        explained = {frozen.name: _match(frozen, result, suspect) for frozen, result in failed}
        if all(explained.values()):
            continue  # refuted by a check that was passed
        for name, deviations in explained.items():
            if (deviations or 0) >= (1 if certain else ENOUGH_DEVIATIONS):
                named.setdefault(name, mistake)
    return named


def _match(frozen: FrozenCheck, result: Replay, suspect: Suspect) -> int | None:
    """On how many examples a suspect fails the check, if it answers all of them as the submission
    did; None if it does not, or if the submission died or lacks the function: nothing to compare."""
    if result.died or (result.failure is not None and result.failure.error.kind == "missing"):
        return None
    oracle = frozen.oracle()
    deviations, drawn = 0, []
    for number, seen in enumerate(result.seen):
        fails = None if frozen.reference.features else _at_a_glance(frozen, number, result, suspect)
        if fails is None:
            mimic = _Mimic(suspect.functions, seen.replies, frozen.reference, result.failure is None)
            drawn.append(mimic.pairs)
            fails = _replayed(frozen, number, mimic, oracle)
        if fails is DIFFERS:
            return None
        deviations += fails
    return deviations if _same_features(frozen.reference, result, drawn) else None


def _at_a_glance(frozen: FrozenCheck, number: int, result: Replay, suspect: Suspect) -> int | None:
    """Whether a suspect fails an example, from its answers alone; DIFFERS if these are not the
    submission's; None if they are the same only up to rounding, or the calls were not foreseen.

    What a check cannot tell apart it judges alike: no need to run it.
    """
    seen = result.seen[number]
    if not seen.foreseen:
        return None
    calls = frozen.examples[number].calls
    answers = suspect.answers(frozen, number, len(seen.replies))
    exact = True
    for call, theirs, ours in zip(calls, seen.replies, answers, strict=False):
        if identical(theirs, ours):
            continue
        if not same(theirs, ours, call, passed=result.failure is None):
            return DIFFERS
        exact = False
    return int(seen.failed) if exact else None


def _replayed(frozen: FrozenCheck, number: int, mimic: _Mimic, oracle: Functions) -> int:
    """Whether a suspect fails an example, by running the check; DIFFERS if it answers otherwise."""
    with own_luck(frozen, number):
        try:
            frozen.body(frozen.submission(mimic), oracle, **copy(frozen.examples[number].drawn))
        except _Differs:
            return DIFFERS
        except (CheckFailed, SubmissionFailed):
            return 1
    return 0


class _Differs(BaseException):
    """The mistake answered something else than the submission did."""


class _Mimic(Local):
    """Answers like a mistake, as long as that is what the submission answered.

    A random function goes on with the submission's own answer; `pairs` collects it and the
    mistake's, by function. In a check that was passed, an exception may say the same in other words.
    """

    def __init__(self, functions, transcript: list[wire.Reply], reference: Reference, passed: bool):
        super().__init__(functions)
        self.pairs: dict[str, list[tuple[Draw, Draw]]] = {}
        self._seen = iter(transcript)
        self._reference = reference
        self._passed = passed

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        reply = super().ask(request)
        seen = next(self._seen, None)
        if seen is not None and seen.error is None and reply.error is None and self._is_random(request):
            self.pairs.setdefault(request.name, []).append(self._pair(request, seen, reply))
            return seen
        if seen is None or not same(seen, reply, request, passed=self._passed):
            raise _Differs
        return reply

    def _is_random(self, request: wire.Call | wire.Attribute) -> bool:
        return request.on is None and request.name in self._reference.features

    def _pair(self, request: wire.Call, seen: wire.Reply, reply: wire.Reply) -> tuple[Draw, Draw]:
        """Both answers to one call, if they look alike from outside."""
        if seen.forbidden or not alike(seen.value, reply.value):
            raise _Differs
        if _changed(request, seen) != _changed(request, reply):
            raise _Differs
        names = self._reference.parameters(request.name)
        try:
            ours, theirs = _draw(request, seen, names), _draw(request, reply, names)
            assert_alike(ours.gradients, theirs.gradients)
        except (ValueError, CheckFailed):
            raise _Differs from None
        return ours, theirs


def _draw(request: wire.Call, reply: wire.Reply, names: list[str]) -> Draw:
    """What a random function was asked and answered. ValueError if the answer is malformed."""
    sent = dict(zip(names, request.args, strict=False)) | request.kwargs
    arguments = {name: values.decode(message, described, values.rebuild) for name, message in sent.items()}
    value = values.decode(reply.value, described)
    if request.gradients is None:
        return Draw(arguments, value)
    weights = [values.decode_tensor(weight) for weight in request.gradients]
    grads = [None if grad is None else values.decode_tensor(grad) for grad in reply.gradients or []]
    return Draw(arguments, value, weights, filled_gradients(arguments, grads))


def _changed(request: wire.Call, reply: wire.Reply) -> list[bool]:
    """Which arguments came back changed, where that was observed."""
    sent = [*request.args, *request.kwargs.values()]
    left = reply.observed.arguments if reply.observed else []
    return [not same_value(after, before) for before, after in zip(sent, left, strict=False)]


def _same_features(reference: Reference, result: Replay, drawn: list[dict[str, list]]) -> bool:
    """Whether both sides of the pairs have the same features, function by function."""
    for name in {name for pairs in drawn for name in pairs}:
        features = reference.features[name]
        examples = [pairs[name] for pairs in drawn if name in pairs]
        if name not in result.features:
            result.features[name] = _read(features, [[seen for seen, _own in pairs] for pairs in examples])
        ours = result.features[name]
        theirs = features([[own for _seen, own in pairs] for pairs in examples])
        if any(a is None or a != b for a, b in itertools.zip_longest(ours, theirs)):
            return False
    return True


def _read(features: Callable, examples: list[list[Draw]]) -> list[object]:
    """The features of a submission's answers; those that cannot be read match nothing."""
    try:
        return list(features(examples))
    except Exception:  # nobody foresaw such answers: that must not end the grading
        return [None]
