"""The warm process that workers are forked from. It runs no submission and holds no secret.

Started as `python -I -c ... zygote.main(descriptor, settings)`, inside bubblewrap at level 2. On
its control socket (SEQPACKET, JSON) it reads spawn requests that carry two descriptors, the channel
and the output pipe, and answers with the child's pidfd; later it reports the child's exit.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys

import msgspec
import torch
import torch._dynamo  # lazily imported by optimisers and dispatch modes: 1 s in every child

from dlex.worker import lockdown
from dlex.worker.gpu.real import open_context
from dlex.worker.serve import serve

CHANNEL = 3


class Settings(msgspec.Struct):
    """What the grader fixes for every worker of this zygote."""

    level: int
    files: list[str]
    folders: list[str]


class Spawn(msgspec.Struct):
    """One worker: its number, its budget in bytes and seconds of processor time, its GPU or ""."""

    number: int
    memory: int
    cpu_seconds: int
    gpu: str = ""


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
    connection.send(msgspec.json.encode(["ready", os.getpid()]))
    Zygote(connection, wanted.level, rules).run()


class Zygote:
    def __init__(self, connection: socket.socket, level: int, rules: int | None):
        self._connection = connection
        self._level = level
        self._rules = rules
        self._children: dict[int, tuple[int, int]] = {}  # pidfd: (pid, number)
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

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
        pid = os.fork()
        if pid == 0:
            self._become_worker(request, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = pid, request.number
        self._poll.register(pidfd, select.POLLIN)
        socket.send_fds(self._connection, [msgspec.json.encode(["child", request.number])], [pidfd])
        return True

    def _reap(self, pidfd: int) -> None:
        pid, number = self._children.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _pid, status, usage = os.wait4(pid, 0)
        cpu = usage.ru_utime + usage.ru_stime
        self._connection.send(msgspec.json.encode(["exit", number, status, cpu, usage.ru_maxrss]))

    def _become_worker(self, request: Spawn, channel: int, output: int) -> None:
        """Runs in the child and never returns."""
        try:
            self._connection.close()
            os.setsid()
            rules = self._arrange_descriptors(channel, output)
            if request.gpu:  # now: the lockdown takes away what this needs
                open_context(request.gpu)
                os.write(CHANNEL, b"ready")
            lockdown.lock_down(self._level, rules, request.memory, request.cpu_seconds)
            self._serve(socket.socket(fileno=CHANNEL))
        except BaseException as error:
            try:
                os.write(2, f"worker: {error!r}"[:500].encode())
            except OSError:
                pass
        finally:
            os._exit(70)

    def _serve(self, channel: socket.socket) -> None:
        serve(channel)

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
