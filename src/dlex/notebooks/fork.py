"""The kernel's side of a check: it lends forks of itself, which hold what is defined in the notebook now.

kernel ── fork ──► child: answers calls of the user's functions ◄── wire ──► grader (another process)

The grader asks for forks as it asks a zygote: the kernel goes on as if nothing had been called.
"""

from __future__ import annotations

import random
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress

import torch

from dlex.worker import serve, wire, zygote
from dlex.worker.by_hand import ByHand
from dlex.worker.executor import Executor
from dlex.worker.gpu.pretend import PretendGpu
from dlex.worker.operations import follow


class NotebookWorker(serve.Worker):
    """A fork of the kernel: "loading" is to take what is defined."""

    def __init__(self, channel: socket.socket, names: dict[str, object]):
        super().__init__(channel)
        self._names = names

    def _load(self, request: wire.Load, sequence: int) -> wire.Reply:
        follow()
        random.seed(request.entropy)
        torch.manual_seed(request.entropy)
        self._by_hand = ByHand(request.kernels, request.functions, [], request.filename)
        gpu = PretendGpu(request.filename, lambda: self._names)
        self._executor = Executor(self._names, self._callback, filename=request.filename, gpu=gpu)
        return wire.Reply(sequence, wire.Dict(serve.definitions(self._names)))


class Lender(zygote.Zygote):
    """Serves spawn requests with forks of this process, until `done` can be read."""

    def __init__(self, connection: socket.socket, names: dict[str, object]):
        super().__init__(connection, zygote.Settings(0, [], []), None)
        self._names = names

    def lend_until(self, done: socket.socket) -> None:
        """ConnectionError if the grader hangs up."""
        self._poll.register(done, select.POLLIN)
        try:
            for descriptor in self._descriptors():
                if descriptor == done.fileno():
                    return
                if descriptor != self._connection.fileno():
                    self._reap(descriptor)
                elif not self._spawn():
                    raise ConnectionError("the grader is gone")
        finally:
            self._poll.unregister(done)
            self._end_children()

    def _descriptors(self) -> Iterator[int]:
        while True:
            yield from [descriptor for descriptor, _event in self._poll.poll()]

    def _end_children(self) -> None:
        for pidfd in list(self._children):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            with suppress(OSError):  # the grader need not hear of it
                self._reap(pidfd)

    def _serve(self, channel: socket.socket) -> None:
        torch.set_num_threads(1)  # the kernel's threads were not forked
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        NotebookWorker(channel, self._names).run()
