"""Is a mutant that passed really wrong? It sits an exam of its own, drawn at other seeds.

The exam holds every check of the grader with fresh examples at several other seeds, and the
contract's clauses for larger arguments than the grader draws. Whoever fails any of it answers
otherwise than the reference does: values, gradients, dtype, views, changed arguments, exceptions.
And because a check may look at less than it should, the answers to all its calls are compared with
the solution's, whatever the check does with them.

An exercise whose answers are random has no values to compare: its checks are statistical, and a
change so small that they notice it only now and then is no fault of the grader. There a mutant
counts as wrong if it fails at nearly every seed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from dlex.audit.bench import Bench
from dlex.audit.mutants import chosen, mutants
from dlex.audit.problems import from_error
from dlex.audit.records import Problem
from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.grading.checks import ATTRIBUTE, CheckInfo
from dlex.grading.compare import is_close
from dlex.grading.contract import Contract
from dlex.grading.failures import SubmissionFailed
from dlex.grading.plugin import Plugin, run_pytest
from dlex.grading.replay import FrozenCheck, Replay, freeze
from dlex.worker import values, wire
from dlex.worker.launcher import Zygote

FIRST_SEED = 900_001  # far from those that anyone gives on a command line
EXAMS, RANDOM_EXAMS, RANDOM_NEEDED = 4, 10, 9
NOT_WIDENED = ("single", "operations")  # they fix the sizes themselves


class Certificate(msgspec.Struct, frozen=True):
    """For each candidate, by its number, the check that it failed in its exam, or "".

    `random`: the exercise's answers are random, see above.
    """

    failed: dict[int, str] = {}
    random: bool = False
    problem: Problem | None = None


def certify(course: Course, exercise: Exercise, candidates: list[int], zygote: Zygote) -> Certificate:
    """Examine mutants, given by their number, that passed every check at some seed."""
    certificates: list[Certificate] = []

    def work(plugin: Plugin) -> None:
        certificates.append(_examined(Exam(Bench(plugin.graders[exercise.id], zygote)), candidates))

    try:
        run_pytest(course, [exercise], FIRST_SEED, work)
    except CourseError as error:
        return Certificate(problem=from_error(error, exercise))
    return certificates[0]


def _examined(exam: Exam, candidates: list[int]) -> Certificate:
    source = exam.bench.exercise.path("solutions").read_text(encoding="utf-8")
    exam.bench.limit_by(source.encode())
    random = exam.is_random(source.encode())
    mutations = chosen(mutants(source))
    failed = {}
    for number in candidates:
        mutant = mutations[number].source.encode()
        if random:
            failed[number] = exam.fails_reliably(mutant)
        else:
            failed[number] = exam.fails_ever(mutant) or exam.answers_otherwise(mutant, source.encode())
    return Certificate(failed, random)


@dataclass
class Exam:
    """Checks at other seeds, drawn when they are first needed."""

    bench: Bench
    _papers: dict[int, list[FrozenCheck]] = field(default_factory=dict)
    _keys: dict[int, list[Replay]] = field(default_factory=dict)

    def paper(self, number: int) -> list[FrozenCheck]:
        """The checks of one other seed."""
        if number not in self._papers:
            self._papers[number] = self._drawn(FIRST_SEED + 1 + number)
        return self._papers[number]

    def fails_ever(self, source: bytes) -> str:
        """The first check that a source fails at any other seed, or ""."""
        return next(filter(None, self._failures(source, EXAMS)), "")

    def fails_reliably(self, source: bytes) -> str:
        """A check that a source fails, if it fails some check at nearly every other seed; or ""."""
        failures = [name for name in self._failures(source, RANDOM_EXAMS) if name]
        return failures[0] if len(failures) >= RANDOM_NEEDED else ""

    def answers_otherwise(self, source: bytes, solution: bytes) -> str:
        """The first check to whose calls two sources answer differently, or ""."""
        for number in range(EXAMS):
            results = self.bench.run(source, self.paper(number))
            for (frozen, result), expected in zip(results, self._key(solution, number), strict=True):
                for example, ours, theirs in zip(frozen.examples, result.seen, expected.seen, strict=False):
                    if not same_answers(ours.replies, theirs.replies, magnitude_of(example.drawn)):
                        return frozen.name
        return ""

    def is_random(self, source: bytes) -> bool:
        """Whether a solution's answers depend on chance: given a generator, or its own."""
        checks = self.bench.grader.checks
        if any(_passes_generator(frozen) for frozen in checks):
            return True
        try:
            first, second = (self._answers(source, checks, entropy) for entropy in ("a", "b"))
        except SubmissionFailed:
            return False
        return first != second

    def _failures(self, source: bytes, exams: int) -> Iterator[str]:
        return (self.bench.first_lost(source, self.paper(number)) for number in range(exams))

    def _key(self, solution: bytes, number: int) -> list[Replay]:
        if number not in self._keys:
            results = self.bench.run(solution, self.paper(number))
            self._keys[number] = [result for _frozen, result in results]
        return self._keys[number]

    def _answers(self, source: bytes, checks: list[FrozenCheck], entropy: str) -> list[bytes]:
        replays = [result for _check, result in self.bench.run(source, checks, entropy)]
        replies = [reply for result in replays for seen in result.seen for reply in seen.replies]
        return [wire.encode(msgspec.structs.replace(reply, sequence=0)) for reply in replies]

    def _drawn(self, seed: int) -> list[FrozenCheck]:
        grader = self.bench.grader
        own = [
            freeze(check.name, check.info, check.function, grader.reference, seed + number)
            for number, check in enumerate(grader.checks)
        ]
        wide = [
            freeze(f"{name} of larger arguments", info_of(function), function, grader.reference, seed)
            for contract in _contracts(self.bench)
            for name, function in _widened(contract)
        ]
        return own + wide


def same_answers(ours: list[wire.Reply], theirs: list[wire.Reply], magnitude: float) -> bool:
    """Whether two sources gave the same results, up to rounding, or the same kind of exception."""
    return len(ours) == len(theirs) and all(
        _same_answer(a, b, magnitude) for a, b in zip(ours, theirs, strict=True)
    )


def _same_answer(ours: wire.Reply, theirs: wire.Reply, magnitude: float) -> bool:
    if ours.error is not None or theirs.error is not None:
        return ours.error is not None and theirs.error is not None and ours.error.kind == theirs.error.kind
    a, b = (values.decode(reply.value, lambda ref: getattr(ref, "type_name", "")) for reply in (ours, theirs))
    return is_close(a, b, magnitude)


def magnitude_of(drawn: object) -> float:
    """The largest finite number among what was drawn: what every answer has to round."""
    floats = [leaf.detach() for leaf in values.leaves(drawn) if leaf.is_floating_point()]
    finite = [leaf[leaf.isfinite()] for leaf in floats]
    return max((float(leaf.abs().max()) for leaf in finite if leaf.numel()), default=0.0)


def info_of(function: Callable) -> CheckInfo:
    """What `@check` noted about a function."""
    return getattr(function, ATTRIBUTE)


def _passes_generator(frozen: FrozenCheck) -> bool:
    """Whether a check hands a generator to the submission."""
    calls = [call for example in frozen.examples for call in example.calls]
    sent = [value for call in calls for value in [*call.args, *call.kwargs.values()]]
    return any(isinstance(value, wire.Generator) for value in sent)


def _contracts(bench: Bench) -> list[Contract]:
    """The contracts that a grader file declares."""
    modules = {item.getparent(pytest.Module).obj for item in bench.grader.items}
    return [value for module in modules for value in vars(module).values() if isinstance(value, Contract)]


def _widened(contract: Contract) -> Iterator[tuple[str, Callable]]:
    """A contract's clauses for arguments as large as those at which operations are counted."""
    if not contract.grow:
        return
    wide = replace(contract, inputs=functools.partial(contract.inputs, **contract.grow[1]))
    for name, function in wide.checks():
        if name not in NOT_WIDENED:
            yield f"{contract.function}[{name}]", function
