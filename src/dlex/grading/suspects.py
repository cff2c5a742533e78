"""Known mistakes, which can take a submission's place, and remember what they answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from dlex.grading.answers import Answers
from dlex.grading.mistakes import Implementation, Mistake, Reference
from dlex.grading.oracle import Local
from dlex.grading.replay import FrozenCheck
from dlex.worker import wire


@contextmanager
def own_luck(frozen: FrozenCheck, number: int) -> Iterator[None]:
    """Random numbers of an example's own, and the state of this process as it was: a mistake may seed it."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed((frozen.seed + number) % (1 << 63))
        yield


class Kept:
    """The items of a generator, each made when it is first asked for, and kept for the next time."""

    def __init__(self, items: Iterator[object]):
        self._coming, self._made = items, []

    def __iter__(self) -> Iterator[object]:
        yield from self._made
        for item in self._coming:
            self._made.append(item)
            yield item


class Suspect:
    """A mistake with one choice of its constants. Foreseen calls are made once, for all submissions,
    and so are the features of the answers to them, see `diagnose`."""

    def __init__(self, reference: Reference, mistake: Mistake, implementation: Implementation):
        self.mistake = mistake
        self.constants = implementation.constants
        self.functions: dict[str, Callable] = {**reference.functions, **implementation.functions}
        self.features: dict[tuple[str | int, ...], Kept] = {}
        self.loses: dict[str, bool] = {}  # whether it loses a check, as far as that was tried
        self._answers: dict[tuple[str, int], list[wire.Reply]] = {}

    def answers(self, frozen: FrozenCheck, number: int, count: int) -> list[wire.Reply]:
        """Its answers to the first `count` foreseen calls of an example, made in their order."""
        known = self._answers.setdefault((frozen.name, number), [])
        if len(known) < count:
            local = Local(self.functions)
            with own_luck(frozen, number):  # all of them: to go on would be to start the luck again
                known[:] = [local.ask(call) for call in frozen.examples[number].calls[:count]]
        return known[:count]

    def forget(self) -> None:
        """Answer anew what was asked before."""
        self._answers.clear()
        self.features.clear()

    def in_place_of_a_submission(self, frozen: FrozenCheck) -> Answers:
        """A backend that answers like this mistake, and lets it remember its answers."""
        return _InProcess(self, frozen)

    def anew(self, frozen: FrozenCheck, number: int) -> list[wire.Reply]:
        """An empty list to write its answers to an example into, in place of what was known."""
        self.features.clear()
        self._answers[frozen.name, number] = []
        return self._answers[frozen.name, number]


class _InProcess(Answers):
    """A mistake answers, in this process: it is trusted."""

    def __init__(self, suspect: Suspect, frozen: FrozenCheck):
        super().__init__()
        self._suspect, self._frozen = suspect, frozen
        self._local = Local(suspect.functions)
        self._number = -1
        self._calls: deque[wire.Call] = deque()
        self._answers: list[wire.Reply] = []

    def prefetch(self, requests: list[bytes]) -> None:
        """Nothing to fetch: answers are made when they are asked for."""

    def begin(self, expected: list[bytes]) -> None:
        super().begin(expected)
        self._number += 1
        self._calls = deque(self._frozen.examples[self._number].calls)
        self._answers = self._suspect.anew(self._frozen, self._number)

    def lend(self, function: Callable) -> wire.Callback:
        return self._local.lend(function)

    def _receive(self) -> wire.Reply:
        reply = self._local.ask(self._calls.popleft())
        self._answers.append(reply)
        return reply

    def _live(self, request: wire.Call | wire.Attribute, encoded: bytes) -> wire.Reply:
        return self._local.ask(request)


def suspects(reference: Reference) -> list[Suspect]:
    """Every mistake of an exercise, once for each choice of its constants."""
    return [
        Suspect(reference, mistake, implementation)
        for mistake in reference.mistakes
        for implementation in mistake.implementations
    ]
