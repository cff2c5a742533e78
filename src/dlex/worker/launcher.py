"""Starts the zygote, has it fork workers, and hears from it how they ended."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import msgspec

from dlex.errors import MachineError
from dlex.language import _
from dlex.worker import sandbox
from dlex.worker.client import START_SECONDS, Budget, NoContext, Worker, ZygoteDied

NUMBERS = 1_000_000  # more than the workers of one submission


class Zygote:
    """The warm process at one isolation level. `start` returns at once; `fork` waits for it.

    `gpu`: "cuda:0" if every worker is to have a context there, one worker at a time. The process itself
    has none: CUDA does not survive a fork.
    """

    def __init__(self, isolation: int, masked: list[Path], gpu: str = ""):
        self.isolation = isolation
        self.gpu = gpu
        self._masked = [path.resolve() for path in masked]
        self._process: subprocess.Popen | None = None
        self._number = 0
        self._exits: dict[int, tuple[int, float, int]] = {}

    def start(self) -> None:
        """Start (or restart) the process, without waiting until torch is imported."""
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"level": self.isolation, "files": [], "folders": [], "gpu": self.gpu}
        if self.isolation >= 1:
            settings["files"], settings["folders"] = sandbox.readable(self._masked)
        command = sandbox.command(
            self.isolation, msgspec.json.encode(settings).decode(), theirs.fileno(), self._masked, self.gpu
        )
        self._stderr = tempfile.TemporaryFile()
        self._control = ours
        ours.settimeout(START_SECONDS)
        self._ready = False
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env=sandbox.environment(self.gpu),
            stdin=subprocess.DEVNULL,
            stdout=self._stderr,
            stderr=self._stderr,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()

    def prepare_for_fork(self) -> None:
        """Call it before this process forks a grader that will use this zygote.

        The graders' workers get numbers of their own, so that late news of one grader's worker is
        not taken for news of the next one's. A zygote that is gone is started again.

        Raises:
            MachineError: it does not start.
        """
        self._number += NUMBERS
        if not self._is_there():
            self.start()
        self._wait_until_ready()  # once, here: the forks could not tell each other

    def fork(self, budget: Budget) -> Worker:
        """A fresh worker. A zygote that died in the meantime is started again, once."""
        try:
            return self._fork(budget)
        except NoContext:
            raise
        except ZygoteDied:
            self.start()
            return self._fork(budget)

    def exit_status(self, number: int) -> int:
        """How worker `number` ended, as the zygote saw it (a status of `wait`)."""
        while number not in self._exits:
            self._receive()
        return self._exits.pop(number)[0]

    def close(self) -> None:
        """End the zygote, and with it every worker."""
        if self._process is None:
            return
        self._control.close()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._stderr.close()
        self._process = None

    def _fork(self, budget: Budget) -> Worker:
        if self._process is None:
            self.start()
        self._wait_until_ready()
        self._number += 1
        ours, theirs = socket.socketpair()
        output, worker_output = os.pipe()
        request = {
            "number": self._number,
            "memory": budget.memory,
            "cpu_seconds": int(budget.submission_seconds) + 10,
        }
        try:
            descriptors = [theirs.fileno(), worker_output]
            socket.send_fds(self._control, [msgspec.json.encode(request)], descriptors)
            while (pidfd := self._receive(self._number)) is None:
                pass
        except (OSError, ZygoteDied) as error:
            ours.close()
            os.close(output)
            raise ZygoteDied(str(error)) from None
        finally:
            theirs.close()
            os.close(worker_output)
        worker = Worker(pidfd, ours, output, budget, partial(self.exit_status, self._number))
        if self.gpu:
            worker.await_context(self.gpu)
        return worker

    def _is_there(self) -> bool:
        """Whether the other end of the control socket is open, as far as can be seen at once."""
        if self._process is None:
            return False
        readable, _, _ = select.select([self._control], [], [], 0)
        try:
            return not readable or bool(self._control.recv(1, socket.MSG_PEEK))
        except OSError:  # it ended with a request unread
            return False

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        try:
            self._ready = bool(self._control.recv(65536))
        except OSError:
            pass
        if not self._ready:
            self._process.kill()
            self._stderr.seek(0)
            output = self._stderr.read()[-2000:].decode(errors="replace").strip()
            raise MachineError(
                _("the worker process did not start at isolation level {level}:\n{output}").format(
                    level=self.isolation, output=output
                ),
                _("`dlex doctor` says what is missing."),
            )

    def _receive(self, number: int | None = None) -> int | None:
        """Read one message; the pidfd, if it announces the child `number`."""
        data, descriptors, _flags, _address = socket.recv_fds(self._control, 65536, 1)
        if not data:
            raise ZygoteDied(_("the zygote is gone"))
        kind, child, *details = msgspec.json.decode(data)
        if kind == "exit":
            self._exits[child] = tuple(details)
            return None
        if child != number:  # the answer to a request that was given up
            os.close(descriptors[0])
            return None
        return descriptors[0]
