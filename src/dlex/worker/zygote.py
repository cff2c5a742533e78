"""The warm process that workers are forked from. It runs no submission and holds no secret.

Started as `python -I -c ... zygote.main(descriptor, settings)`, inside bubblewrap at level 2. On
its control socket (SEQPACKET, JSON) it reads spawn requests that carry two descriptors, the channel
and the output pipe, and answers with the child's pidfd; later it reports the child's exit. Workers
for a GPU are forked ahead: see `gpu.spares`.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import msgspec
import torch
import torch._dynamo  # lazily imported by optimisers and dispatch modes: 1 s in every child

from dlex.worker import lockdown, wire
from dlex.worker.gpu import driver, spares
from dlex.worker.serve import serve

CHANNEL = 3


class Settings(msgspec.Struct):
    """What the grader fixes for every worker of this zygote. `gpu`: "cuda:0" if they need one."""

    level: int
    files: list[str]
    folders: list[str]
    gpu: str = ""


class Spawn(msgspec.Struct):
    """One worker: its number, its budget in bytes and seconds of processor time."""

    number: int
    memory: int
    cpu_seconds: int


def main(control: int, settings: str) -> None:
    """Serve spawn requests until the grader hangs up."""
    wanted = msgspec.json.decode(settings, type=Settings)
    connection = socket.socket(fileno=control)
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    if lockdown.LINUX:
        lockdown.prctl(lockdown.PR_SET_DUMPABLE, 0)
        lockdown.prctl(lockdown.PR_SET_PDEATHSIG, signal.SIGKILL)
    rules = None
    if wanted.level >= 1:
        import pyseccomp  # noqa: F401  (finds libseccomp once, here, not in every child)

        rules = lockdown.ruleset(wanted.files, wanted.folders)
    gc.collect()
    gc.freeze()
    zygote = Zygote(connection, wanted, rules)
    connection.send(msgspec.json.encode(["ready", os.getpid()]))
    zygote.run()


class Zygote:
    def __init__(self, connection: socket.socket, settings: Settings, rules: int | None):
        self._connection = connection
        self._level, self._gpu = settings.level, settings.gpu
        self._rules = rules
        self._children: dict[int, tuple[int, int]] = {}  # pidfd: (pid, number)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._spares = spares.Spares(lambda *given: self._fork(partial(self._become_spare, *given)))
        if self._gpu:
            self._spares.refill()

    def run(self) -> None:
        while True:
            for descriptor, _event in self._poll.poll():
                if descriptor == self._connection.fileno():
                    if not self._spawn():
                        os._exit(0)
                else:
                    self._reap(descriptor)

    def _spawn(self) -> bool:
        data, descriptors, _flags, _address = socket.recv_fds(self._connection, 65536, 2)
        if not data:
            return False
        request = msgspec.json.decode(data, type=Spawn)
        pid, pidfd = self._new_worker(data, request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._children[pidfd] = pid, request.number
        self._poll.register(pidfd, select.POLLIN)
        socket.send_fds(self._connection, [msgspec.json.encode(["child", request.number])], [pidfd])
        return True

    def _new_worker(self, data: bytes, request: Spawn, descriptors: list[int]) -> tuple[int, int]:
        """Its pid and pidfd."""
        if not self._gpu:
            return self._fork(partial(self._become_worker, request, *descriptors))
        if spares.all_gone(self._children):
            return self._spares.hand_over(data, descriptors)
        return self._fork(partial(os.write, descriptors[1], b"the worker before it still holds the GPU"))

    def _fork(self, become: Callable[[], object]) -> tuple[int, int]:
        """The pid and pidfd of a child that becomes something and ends."""
        pid = os.fork()
        if pid == 0:
            self._be_child(become)
        return pid, os.pidfd_open(pid)

    def _reap(self, pidfd: int) -> None:
        pid, number = self._children.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _pid, status, usage = os.wait4(pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        self._connection.send(msgspec.json.encode(["exit", number, status, cpu, usage.ru_maxrss]))

    def _be_child(self, become: Callable[[], object]) -> NoReturn:
        """Runs in the child and never returns."""
        try:
            self._connection.close()
            os.setsid()
            become()
        except BaseException as error:
            try:
                os.write(2, f"worker: {error!r}"[:500].encode())
            except OSError:
                pass
        finally:
            os._exit(70)

    def _become_worker(self, request: Spawn, channel: int, output: int) -> None:
        rules = self._arrange_descriptors(channel, output)
        lockdown.lock_down(self._level, rules, request.memory, request.cpu_seconds)
        self._serve(socket.socket(fileno=CHANNEL))

    def _serve(self, channel: socket.socket) -> None:
        serve(channel)

    def _become_spare(self, line: socket.socket, called: bool) -> None:
        """Wait with a context on the GPU, and become a worker when asked to. What goes wrong before it
        says that it is ready is the machine's fault."""
        lockdown.die_with_parent()
        rules = self._arrange_descriptors(line.detach(), os.open(os.devnull, os.O_WRONLY))
        gpu = driver.Driver(self._gpu)
        problem = _raised_by(gpu.open)
        data, descriptors = spares.receive(CHANNEL, wait=called or problem is None)
        if not data:
            return
        _take_over(*descriptors)
        if problem is not None:
            raise problem
        request = msgspec.json.decode(data, type=Spawn)
        lockdown.lock_down(self._level, rules, request.memory, request.cpu_seconds, gpu.files())
        gpu.check()
        os.write(CHANNEL, wire.READY)
        self._serve(socket.socket(fileno=CHANNEL))

    def _arrange_descriptors(self, channel: int, output: int) -> int | None:
        """0 nothing, 1 and 2 the output pipe, 3 the channel; the rules one above, for a moment."""
        high = 200
        moved = [os.dup2(fd, high + i) for i, fd in enumerate((channel, output))]
        rules = None if self._rules is None else os.dup2(self._rules, high + 2)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(moved[1], 1)
        os.dup2(moved[1], 2)
        os.dup2(moved[0], CHANNEL)
        if rules is not None:
            rules = os.dup2(rules, CHANNEL + 1)
        os.closerange(CHANNEL + 1 if rules is None else CHANNEL + 2, 4096)
        sys.stdin = open(0, closefd=False)
        sys.stdout = open(1, "w", buffering=1, closefd=False, errors="backslashreplace")
        sys.stderr = open(2, "w", buffering=1, closefd=False, errors="backslashreplace")
        return rules


def _take_over(channel: int, output: int) -> None:
    """Put a channel and an output pipe where a worker has them."""
    for here, there in ((channel, CHANNEL), (output, 1), (output, 2)):
        os.dup2(here, there)
    os.close(channel)
    os.close(output)


def _raised_by(function: Callable[[], None]) -> Exception | None:
    try:
        function()
    except Exception as error:
        return error
    return None
