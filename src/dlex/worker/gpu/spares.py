"""Workers for a GPU make their context, which takes as long as many submissions, before they are needed.

zygote ── fork ──► spare: makes its context, waits ── request, channel, output ──► worker

The zygote, which has no context, keeps one spare. It hands over the next only when the worker before
is gone, and its context with it: a submission has the GPU to itself.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

END_SECONDS = 30.0  # that a worker may take to end once it was killed: the driver cleans up after it
FRAME = 65536


class Spare(NamedTuple):
    """A child of the zygote that waits; `line` is the zygote's end of the way to it."""

    pid: int
    pidfd: int
    line: socket.socket


class Spares:
    """At most one spare. `fork(line, called)` makes a child that runs `receive` on its end of a line, and
    gives its pid and pidfd; `called` says that a request will come, whatever happens."""

    def __init__(self, fork: Callable[[socket.socket, bool], tuple[int, int]]):
        self._fork = fork
        self._waiting: Spare | None = None

    def refill(self) -> None:
        """Have one wait."""
        if self._waiting is None:
            self._waiting = self._new(called=False)

    def hand_over(self, request: bytes, descriptors: list[int]) -> tuple[int, int]:
        """Give a request and its descriptors to the one that waits, or to a new one; its pid and pidfd."""
        spare, self._waiting = self._waiting or self._new(called=True), None
        try:
            socket.send_fds(spare.line, [request], descriptors)
        except OSError:  # it ended while it waited: it got no context, but the next may
            _bury(spare)
            spare = self._new(called=True)
            socket.send_fds(spare.line, [request], descriptors)
        spare.line.close()
        self.refill()
        return spare.pid, spare.pidfd

    def _new(self, called: bool) -> Spare:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid, pidfd = self._fork(theirs, called)
        finally:
            theirs.close()
        return Spare(pid, pidfd, ours)


def _bury(spare: Spare) -> None:
    spare.line.close()
    os.close(spare.pidfd)
    os.waitpid(spare.pid, 0)


def receive(line: int, wait: bool) -> tuple[bytes, list[int]]:
    """What a spare is handed over a descriptor; nothing if the zygote is gone or, without `wait`, if
    nothing came so far."""
    if not wait and not select.select([line], [], [], 0)[0]:
        return b"", []
    connection = socket.socket(fileno=line)
    try:
        data, descriptors, _flags, _address = socket.recv_fds(connection, FRAME, 2)
    finally:
        connection.detach()
    return data, list(descriptors)


def all_gone(pidfds: Iterable[int]) -> bool:
    """Wait for the ends of processes; False if they do not come."""
    latest = time.monotonic() + END_SECONDS
    return all(select.select([pidfd], [], [], max(latest - time.monotonic(), 0))[0] for pidfd in pidfds)
