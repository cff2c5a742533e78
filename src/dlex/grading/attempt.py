"""One submission's file for one exercise, in a worker: loaded, called, and loaded again after a
death, so that whatever ends a worker costs exactly the check in which it happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from dlex.course import Exercise
from dlex.grading.answers import Answers
from dlex.grading.calls import decode, encode
from dlex.grading.failures import CalledForbidden, Died, Raised, SubmissionFailed
from dlex.language import _
from dlex.worker import wire
from dlex.worker.client import Budget, Worker, WorkerDied
from dlex.worker.launcher import Zygote


@dataclass(frozen=True)
class MissingFunction(SubmissionFailed):
    """The submission does not define what is asked for."""

    name: str
    kind: str = "missing"

    def __str__(self) -> str:
        return _("the file defines no function {name}").format(name=self.name)


class Attempt(Answers):
    """A learner's source and the worker that currently holds it; the backend of `submission`."""

    def __init__(self, zygote: Zygote, budget: Budget, exercise: Exercise, source: bytes, entropy: str):
        """The zygote's GPU, if it has one, is where calls on a GPU run."""
        super().__init__()
        self.exercise = exercise
        self.budget = budget
        self.definitions: dict[str, str] = {}
        self._zygote = zygote
        self._load = wire.encode(
            wire.Load(
                source,
                f"{exercise.name}.py",
                [kernel for group in exercise.by_hand for kernel in group.kernels],
                [function for group in exercise.by_hand for function in group.functions],
                [module for group in exercise.by_hand for module in group.modules],
                int.from_bytes(hashlib.sha256(entropy.encode()).digest()[:7], "big"),
                zygote.gpu,
            )
        )
        self._worker: Worker | None = None
        self._printed = bytearray()
        self._lent: dict[int, Callable] = {}

    def start(self) -> None:
        """Make sure that a worker holds the submission. Raises what loading it raised."""
        if self._worker is not None and self._worker.alive:
            return
        self._collect_output()
        worker = self._worker = self._zygote.fork(self.budget)
        worker.callbacks = self._lent
        try:
            reply = worker.call(self._load)
        except WorkerDied as death:
            raise self._died(death) from None
        if reply.forbidden:
            raise CalledForbidden(reply.forbidden[0])
        if reply.error is not None:
            raise Raised(reply.error)
        if isinstance(reply.value, wire.Dict):
            self.definitions = {name: str(kind) for name, kind in reply.value.items.items()}

    def prefetch(self, requests: list[bytes]) -> None:
        if requests:
            self.start()
            try:
                self._worker.send(requests)
            except WorkerDied as death:
                raise self._died(death) from None

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        if isinstance(request, wire.Call) and request.on is None and request.name not in self.definitions:
            self.last = request
            raise MissingFunction(request.name)
        return super().ask(request)

    def lend(self, function: Callable) -> wire.Callback:
        number = len(self._lent)

        def answer(arguments: list[wire.Value]) -> wire.CallbackReply:
            try:
                value = function(*(decode(self, argument) for argument in arguments))
                return wire.CallbackReply(encode(self, value))
            except Exception as error:
                return wire.CallbackReply(error=f"{type(error).__name__}: {error}"[:1000])

        self._lent[number] = answer
        return wire.Callback(number)

    @property
    def output(self) -> str:
        """What the submission printed, up to the cap."""
        self._collect_output()
        return self._printed[: self.budget.output].decode("utf-8", errors="replace")

    def close(self) -> None:
        if self._worker is not None:
            self._worker.kill()

    def _receive(self) -> wire.Reply:
        try:
            return self._worker.receive()
        except WorkerDied as death:
            raise self._died(death) from None

    def _live(self, request: wire.Call | wire.Attribute, encoded: bytes) -> wire.Reply:
        self.start()
        try:
            return self._worker.call(encoded)
        except WorkerDied as death:
            raise self._died(death) from None

    def _died(self, death: WorkerDied) -> Died:
        self._due.clear()
        if death.reason != "timeout":
            return Died("crashed", death.detail, death.cause)
        if self.budget.exhausted:
            return Died("timeout", _("the time for the whole submission is used up"))
        seconds = self.budget.check_seconds
        return Died("timeout", _("no answer within {seconds:g} s").format(seconds=seconds))

    def _collect_output(self) -> None:
        if self._worker is not None:
            self._printed += self._worker.take_output()
