"""The pretend GPU switched on, call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from dlex.worker import wire
from dlex.worker.errors import describe_error
from dlex.worker.executor import Executor
from dlex.worker.gpu.cuda import Handed, available
from dlex.worker.gpu.functions import GpuFunctions
from dlex.worker.gpu.session import NotPretended, Session
from dlex.worker.gpu.tensor import GpuOperations, GpuTensor, misplaced, session_of
from dlex.worker.operations import measured
from dlex.worker.values import labelled, leaves

OPERATIONS = 5_000  # for all calls of a submission; the first of them show what there is to see


@contextmanager
def pretend_gpu(filename: str, operations: int = 1_000_000) -> Iterator[Session]:
    """Within it, code in `filename` finds one GPU; the session says what went wrong with devices.

    `operations` is how many it may run there.

    >>> with pretend_gpu(__file__) as session:
    ...     torch.ones(2, device="cuda") + torch.ones(2)
    Traceback (most recent call last):
    RuntimeError: Expected all tensors to be on the same device, but found ...
    """
    session = Session(filename, operations)
    with session_of(session), available(), GpuFunctions(session), GpuOperations():
        yield session


class PretendGpu:
    """Answers calls on the pretend GPU; an `executor.Device`.

    `load_again` gives the submission's functions once more: what they keep from call to call must not
    mix with what they keep from calls on the CPU, and what they decide when loaded may depend on
    whether there is a GPU.
    """

    def __init__(self, filename: str, load_again: Callable[[], dict[str, object]]):
        self._filename = filename
        self._load_again = load_again
        self._left = OPERATIONS
        self._namespace: dict[str, object] | None = None

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        return GpuTensor(tensor.detach(), tensor.requires_grad)

    def unwrap(self, tensor: torch.Tensor) -> tuple[torch.Tensor, str]:
        return (tensor.raw, wire.GPU) if isinstance(tensor, GpuTensor) else (tensor, "")

    def generator(self, seed: int) -> torch.Generator:
        return Handed().manual_seed(seed)

    def measured(self, call: Callable[[], object]) -> tuple[object, wire.Cost]:
        value, cost = measured(call)
        cost.round_trips = self._session.round_trips
        return value, cost

    def run(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        with pretend_gpu(self._filename, self._left) as session:
            self._session = session
            try:
                with executor.on(self):
                    return self._answered(executor, request, sequence, session)
            except BaseException as error:
                if session.fault is not None:
                    described = describe_error(error, self._filename)
                    return wire.Reply(sequence, error=described, fault=session.fault)
            finally:
                self._left = max(session.operations, 0)
        return _answered_on_the_cpu(executor, request, sequence)

    def _answered(self, executor: Executor, request: wire.Call, sequence: int, session: Session):
        if self._namespace is None:
            self._namespace = self._loaded(session)
        done = executor.call(request, self._namespace)
        reply = executor.reply(request, done, sequence)
        left = misplaced(done.value)
        if left is not None and leaves(done.arguments):
            session.refuse("result", request.name, left)
            reply.fault = session.fault
        return reply

    def _loaded(self, session: Session) -> dict[str, object]:
        try:
            return self._load_again()
        except BaseException:  # it loaded once, where there was no GPU
            if session.fault is None:
                raise NotPretended("it does not load") from None
            raise


def _answered_on_the_cpu(executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
    """What the pretend GPU cannot do is no fault: the answer counts as if it had been given there."""
    reply = executor.reply(request, executor.call(request), sequence)
    reply.fault = wire.Fault("limits")
    return labelled(reply, wire.GPU)
