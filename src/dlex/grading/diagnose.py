"""Which known mistake behaves exactly like this submission?

A mistake explains a check if, run through the check's examples, it gives the very answers that the
submission gave (values, NaN and infinities, dtypes, gradients, changed arguments, exceptions) and
fails the check as well. Where none does, nothing is named: silence beats a wrong name.

No two answers of a random function are the same. There, the answers need the same types, shapes and
exceptions, and the same features (`dlex.grading.features`) over all of the check's examples.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from dlex.grading.calls import Draw, Functions
from dlex.grading.contract import filled_gradients
from dlex.grading.failures import CheckFailed, SubmissionFailed
from dlex.grading.mistakes import Mistake, Reference
from dlex.grading.oracle import Local, Memory
from dlex.grading.replay import FrozenCheck, Replay, Seen, copy
from dlex.grading.same import alike, described, identical, same, same_value
from dlex.grading.suspects import Kept, Suspect, own_luck
from dlex.worker import values, wire

ENOUGH_DEVIATIONS = 10

Pair = tuple[wire.Call, wire.Reply, wire.Reply]  # a random call, the submission's answer, the mistake's
Pairs = dict[str, list[Pair]]  # by function


def diagnose(known: list[Suspect], replays: list[tuple[FrozenCheck, Replay]]) -> dict[str, Mistake]:
    """The mistake behind each failed check, where one is certain, by check name.

    A mistake that explains everything that was seen of the submission explains all its failed
    checks; of several such, that which is wrong least often. None explains anything if a check was
    passed that it is known to lose.
    One that explains only part of it may be one of two mistakes: it is named on a check where it is
    wrong on many examples in just the same way, unless it would lose more of the other checks in
    another way. (Features are never the same by accident, so that one example will do.)
    """
    failed = [(frozen, result) for frozen, result in replays if result.failure is not None]
    if not failed:
        return {}
    passed = [(frozen, result) for frozen, result in replays if result.failure is None]
    kept = {frozen.name for frozen, _result in passed}
    known = [suspect for suspect in known if kept.isdisjoint(suspect.mistake.loses)]
    failed.sort(key=lambda entry: len(entry[0].examples))  # what is quick to refute comes first
    wholly: list[tuple[int, Suspect]] = []
    for suspect in known:
        deviations = _match_all(failed, passed, suspect)
        if deviations is not None:
            wholly.append((deviations, suspect))
    if wholly:
        lost = [frozen.name for frozen, _result in failed]
        _deviations, likeliest = min(wholly, key=lambda entry: entry[0])
        return dict.fromkeys(lost, likeliest.mistake)
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
    features = failed[0][0].reference.features
    named: dict[str, Mistake] = {}
    for suspect in known:
        mistake = suspect.mistake
        certain = bool(mistake.loses) and not mistake.functions.isdisjoint(features)
        quickest = next((entry for entry in failed if entry[0].name in mistake.loses), None)
        if certain and (quickest is None or not _match(*quickest, suspect)):
            continue
        explained = {frozen.name: _match(frozen, result, suspect) for frozen, result in failed}
        if all(explained.values()):
            continue  # refuted by a check that was passed
        enough = 1 if certain else ENOUGH_DEVIATIONS
        found = [name for name, deviations in explained.items() if (deviations or 0) >= enough]
        if found and not _outweighed(failed, explained, suspect):
            named = dict.fromkeys(found, mistake) | named
    return named


def _outweighed(failed: list, explained: dict[str, int | None], suspect: Suspect) -> bool:
    """Whether a suspect would lose more of the failed checks in another way than the submission did: it
    only looks like this where many mistakes do, as with a single row."""
    against = sum(not explained[frozen.name] and _loses(frozen, suspect) for frozen, _result in failed)
    return against > sum(map(bool, explained.values()))


def _loses(frozen: FrozenCheck, suspect: Suspect) -> bool:
    """Whether a suspect would lose a check."""
    if suspect.mistake.loses:
        return frozen.name in suspect.mistake.loses
    if frozen.name not in suspect.loses:
        suspect.loses[frozen.name] = any(_fails(frozen, suspect, n) for n in range(len(frozen.examples)))
    return suspect.loses[frozen.name]


def _fails(frozen: FrozenCheck, suspect: Suspect, number: int) -> bool:
    submission = frozen.submission(Local(suspect.functions))
    with own_luck(frozen, number):
        try:
            frozen.body(submission, frozen.oracle(), **copy(frozen.examples[number].drawn))
        except Exception:  # also one of the check's own, which could not use the answer
            return True
    return False


def _match(frozen: FrozenCheck, result: Replay, suspect: Suspect) -> int | None:
    """On how many examples a suspect fails the check, if it answers all of them as the submission
    did; None if it does not, or if the submission died or lacks the function: nothing to compare."""
    if result.died or (result.failure is not None and result.failure.error.kind == "missing"):
        return None
    oracle = frozen.oracle()
    deviations, drawn, foreseen = 0, [], True
    for number in range(len(result.seen)):
        try:
            known = _at_a_glance(frozen, number, result, suspect)
            fails, pairs = known or _replayed(frozen, number, result, suspect, oracle)
        except _Differs:
            return None
        if _contradicted(frozen, number, result.seen[number], suspect):
            return None
        foreseen = foreseen and known is not None
        deviations += fails
        drawn.append(pairs)
    return deviations if _same_features(frozen, result, suspect, drawn, foreseen) else None


def _contradicted(frozen: FrozenCheck, number: int, seen: Seen, suspect: Suspect) -> bool:
    """Whether, where the check had failed and no longer asked, just one of submission and suspect is
    right. (Both wrong in two ways says little: how a call fails often hangs on a detail.)"""
    if not seen.foreseen or len(seen.replies) == seen.asked:
        return False
    oracle = Memory(frozen.reference.functions, frozen.answers)
    answers = suspect.answers(frozen, number, len(seen.replies))
    triples = list(zip(frozen.examples[number].calls, seen.replies, answers, strict=False))[seen.asked :]
    for call, *both in triples:
        wanted = oracle.ask(call)
        random = call.name in frozen.reference.features  # then no two values are the same
        theirs, ours = (
            (reply.error is None) == (wanted.error is None)
            if random
            else same(reply, wanted, call, passed=True)
            for reply in both
        )
        if theirs != ours:
            return True
    return False


def _at_a_glance(
    frozen: FrozenCheck, number: int, result: Replay, suspect: Suspect
) -> tuple[int, Pairs] | None:
    """Whether a suspect fails an example, from its answers alone, and the pairs of random answers; None
    if they are the same only up to rounding, or the calls were not foreseen.

    What a check cannot tell apart it judges alike: no need to run it.
    """
    seen = result.seen[number]
    if not seen.foreseen:
        return None
    calls = frozen.examples[number].calls
    answers = suspect.answers(frozen, number, seen.asked)
    comparison = _Comparison(frozen.reference, result.failure is None)
    for call, theirs, ours in zip(calls, seen.replies, answers, strict=False):
        comparison.add(call, theirs, ours)
    return (int(seen.failed), comparison.pairs) if comparison.exact else None


def _replayed(
    frozen: FrozenCheck, number: int, result: Replay, suspect: Suspect, oracle: Functions
) -> tuple[int, Pairs]:
    """Whether a suspect fails an example, by running the check, and the pairs of random answers."""
    comparison = _Comparison(frozen.reference, result.failure is None)
    mimic = _Mimic(suspect.functions, result.seen[number].replies, comparison)
    with own_luck(frozen, number):
        try:
            frozen.body(frozen.submission(mimic), oracle, **copy(frozen.examples[number].drawn))
        except (CheckFailed, SubmissionFailed):
            return 1, comparison.pairs
    return 0, comparison.pairs


class _Differs(BaseException):
    """The mistake answered something else than the submission did."""


class _Comparison:
    """A mistake's answers beside a submission's, call by call; raises `_Differs` where they are not the
    same. `exact` until some are the same only up to rounding.

    Two answers of a random function only have to look alike; `pairs` collects them, by function. In
    a check that was passed, an exception may say the same in other words.
    """

    def __init__(self, reference: Reference, passed: bool):
        self.pairs: Pairs = {}
        self.exact = True
        self._reference = reference
        self._passed = passed

    def add(self, request: wire.Call | wire.Attribute, seen: wire.Reply, reply: wire.Reply) -> wire.Reply:
        """Compare two answers to a request; the one that a check is to go on with."""
        if self._is_random(request) and seen.error is None and reply.error is None:
            self.pairs.setdefault(request.name, []).append(self._pair(request, seen, reply))
            return seen
        if not identical(seen, reply):
            if not same(seen, reply, request, passed=self._passed):
                raise _Differs
            self.exact = False
        return reply

    def _is_random(self, request: wire.Call | wire.Attribute) -> bool:
        return request.on is None and request.name in self._reference.features

    def _pair(self, request: wire.Call, seen: wire.Reply, reply: wire.Reply) -> Pair:
        """Both answers to one call, if they look alike from outside."""
        if seen.forbidden or not alike(seen.value, reply.value) or not _gradients_alike(seen, reply):
            raise _Differs
        if _changed(request, seen) != _changed(request, reply) or _drew(seen) != _drew(reply):
            raise _Differs
        return request, seen, reply


class _Mimic(Local):
    """Answers like a mistake, as long as that is what the submission answered."""

    def __init__(self, functions: dict[str, Callable], seen: list[wire.Reply], comparison: _Comparison):
        super().__init__(functions)
        self._seen = iter(seen)
        self._comparison = comparison

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        reply = super().ask(request)
        seen = next(self._seen, None)
        if seen is None:
            raise _Differs
        return self._comparison.add(request, seen, reply)


def _gradients_alike(seen: wire.Reply, reply: wire.Reply) -> bool:
    ours, theirs = seen.gradients or [], reply.gradients or []
    both = [(a, b) for a, b in zip(ours, theirs, strict=False) if a is not None and b is not None]
    return len(ours) == len(theirs) and all(alike(a, b) for a, b in both)


def _changed(request: wire.Call, reply: wire.Reply) -> list[bool]:
    """Which arguments came back changed, where that was observed."""
    sent = [*request.args, *request.kwargs.values()]
    left = reply.observed.arguments if reply.observed else []
    return [not same_value(after, before) for before, after in zip(sent, left, strict=False)]


def _drew(reply: wire.Reply) -> list[bool]:
    """Which generators were asked for numbers, where that was observed."""
    return reply.observed.drew if reply.observed else []


def _same_features(
    frozen: FrozenCheck, result: Replay, suspect: Suspect, drawn: list[Pairs], foreseen: bool
) -> bool:
    """Whether both sides of the pairs have the same features, function by function."""
    for name in {name for pairs in drawn for name in pairs}:
        examples = [pairs[name] for pairs in drawn if name in pairs]
        ours = [[(call, seen) for call, seen, _reply in pairs] for pairs in examples]
        theirs = [[(call, reply) for call, _seen, reply in pairs] for pairs in examples]
        ours = result.features.setdefault(name, Kept(_features(frozen.reference, name, ours)))
        known = Kept(_features(frozen.reference, name, theirs))
        if foreseen:  # then they are the features of every submission that was asked as much
            known = suspect.features.setdefault((frozen.name, name, *map(len, examples)), known)
        if any(a is None or a != b for a, b in itertools.zip_longest(ours, known)):
            return False
    return True


def _features(reference: Reference, name: str, examples: list[list]) -> Iterator[object]:
    """The features of a random function's answers; those that cannot be read match nothing."""
    names = reference.parameters(name)
    try:
        yield from reference.features[name]([[_draw(*each, names) for each in pairs] for pairs in examples])
    except Exception:  # nobody foresaw such answers: that must not end the grading
        yield None


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
