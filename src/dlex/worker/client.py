"""The grader's end of the channel to a worker, under a deadline.

Everything that arrives from a worker is data. A frame that cannot be decoded, an answer to another
question, a closed channel, silence: the worker is killed and `WorkerDied` says why.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dlex.language import _
from dlex.worker import wire

START_SECONDS = 120
FLOOD = 64 << 20
CHUNK = 1 << 18
MAX_CALLBACKS = 100_000
STARVED = 0.05  # of a check's time: less is the ordinary wait for a processor


class WorkerDied(Exception):
    """A worker is gone. `reason`: timeout, crashed, protocol or output. `cause`: printed, exited, the name
    of a signal, or "" for anything else."""

    def __init__(self, reason: str, detail: str, cause: str = ""):
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.cause = cause


class ZygoteDied(Exception):
    """The machinery failed; never the submission's fault."""


class NoContext(ZygoteDied):
    """A worker could not use its GPU. The zygote is well: to start it again would not help."""


@dataclass
class Budget:
    """Seconds that a submission may keep the grader waiting: per check, and altogether.

    Time in which it or the grader was ready to run, and other processes had the processors, is not its own.
    """

    check_seconds: float
    submission_seconds: float
    memory: int
    output: int
    left_check: float = field(init=False, default=0.0)
    patient: bool = field(init=False, default=True)

    def start_exercise(self) -> None:
        self.patient = True
        self.start_check()

    def start_check(self) -> None:
        """A new check; after a timeout the others of its exercise are given a fifth of the time."""
        allowed = self.check_seconds if self.patient else self.check_seconds / 5
        self.left_check = min(allowed, self.submission_seconds)

    def spend(self, seconds: float) -> None:
        self.left_check -= seconds
        self.submission_seconds -= seconds

    @property
    def exhausted(self) -> bool:
        return self.submission_seconds <= 0


class Worker:
    """One forked child that holds one submission. `exit_status` waits for how it ended."""

    def __init__(
        self,
        pidfd: int,
        channel: socket.socket,
        output: int,
        budget: Budget,
        exit_status: Callable[[], int],
    ):
        self.printed = bytearray()
        self.callbacks: dict[int, Callable[[list[wire.Value]], wire.CallbackReply]] = {}
        self.alive = True
        self._pidfd, self._channel, self._output = pidfd, channel, output
        self._budget, self._exit_status = budget, exit_status
        self._reader = wire.FrameReader()
        self._next_sequence = 0
        self._pending = 0
        self._arrived: list[wire.Reply] = []
        self._flood = 0
        self._called_back = 0
        self._waited = _waited_for_processor("thread-self")
        channel.setblocking(False)
        os.set_blocking(output, False)
        self._poll = select.poll()
        self._poll.register(output, select.POLLIN)
        self._poll.register(channel, select.POLLIN)

    def await_context(self, gpu: str) -> None:
        """Wait until the worker has its context on `gpu`; no submission is in it yet.

        Raises:
            NoContext: it could not make one.
        """
        began = time.monotonic()
        ready, _, _ = select.select([self._channel], [], [], START_SECONDS)
        data = self._channel.recv(len(wire.READY)) if ready else b""
        if data != wire.READY:
            self.kill()
            words = self.printed.decode(errors="replace").strip()
            spent = f"{time.monotonic() - began:.0f} s"
            raise NoContext(f"a worker got no context on {gpu} within {spent}. {words}"[:500])

    def send(self, requests: list[bytes]) -> None:
        """Ask for a batch; read the answers with `receive`, in order."""
        while self._pending:
            self._arrived.append(self._read_reply())
        payload = wire.frame(wire.encode_batch(self._next_sequence, requests))
        self._pending = len(requests)
        self._write(payload)

    def receive(self) -> wire.Reply:
        """The next answer. WorkerDied if there will be none."""
        return self._arrived.pop(0) if self._arrived else self._read_reply()

    def call(self, request: bytes) -> wire.Reply:
        """Ask for one thing and wait for its answer; answers still due are kept for `receive`."""
        self.send([request])
        return self._read_reply()

    def take_output(self) -> bytes:
        """What was printed since the last time. Whatever was printed before an answer is in it."""
        if self.alive:
            self._drain()
        taken, self.printed = bytes(self.printed), bytearray()
        return taken

    def kill(self) -> None:
        """End the process at once and let go of everything; what was printed stays."""
        if not self.alive:
            return
        self.alive = False
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._drain()
        self._channel.close()
        os.close(self._pidfd)
        os.close(self._output)

    def _read_reply(self) -> wire.Reply:
        if not self.alive:  # the zygote tells of each end once
            raise WorkerDied("crashed", _("it ended before"))
        while True:
            message = self._read_message()
            if isinstance(message, wire.CallbackRequest):
                self._answer_callback(message)
                continue
            if message.sequence != self._next_sequence:
                raise self._give_up("protocol", _("it answered a question that was not asked"))
            self._next_sequence += 1
            self._pending -= 1
            return message

    def _answer_callback(self, message: wire.CallbackRequest) -> None:
        function = self.callbacks.get(message.id)
        if function is None:
            raise self._give_up("protocol", _("it called a function that it was not given"))
        self._called_back += 1
        if self._called_back > MAX_CALLBACKS:
            told = _("it called a function more than {most:,} times").format(most=MAX_CALLBACKS)
            raise self._give_up("output", told)
        self._write(wire.frame(wire.encode(function(message.args))))

    def _read_message(self) -> wire.Reply | wire.CallbackRequest:
        try:
            while (payload := self._reader.next()) is None:
                self._reader.feed(self._read_bytes())
            return wire.decode_from_worker(payload)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            told = _("its answer made no sense ({error})").format(error=error)
            raise self._give_up("protocol", told) from None

    def _read_bytes(self) -> bytes:
        while True:
            try:
                data = self._channel.recv(CHUNK)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError as error:
                raise self._gone(str(error)) from None
            if not data:
                raise self._gone(_("it closed its channel"))
            return data

    def _write(self, payload: bytes) -> None:
        view = memoryview(payload)
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError as error:
                raise self._gone(str(error)) from None

    def _wait(self, event: int) -> None:
        """Wait for the channel, draining the output meanwhile, as long as the budget lasts."""
        self._poll.modify(self._channel, event)
        while True:
            left = self._budget.left_check
            if left <= 0 and not self._was_starved():
                self._budget.patient = False
                raise self._give_up("timeout", "")
            start = time.monotonic()
            ready = [descriptor for descriptor, _event in self._poll.poll(max(left, 0) * 1000 + 1)]
            self._budget.spend(time.monotonic() - start)
            if self._output in ready:
                self._drain()
                if self._flood > FLOOD:
                    told = _("it printed more than {size} MB").format(size=FLOOD >> 20)
                    raise self._give_up("output", told, "printed")
            if self._channel.fileno() in ready:
                return

    def _was_starved(self) -> bool:
        """Whether it or the grader waited long for a processor since this was last asked; that time is
        given back."""
        waited = _waited_for_processor(_pid_of(self._pidfd)) + _waited_for_processor("thread-self")
        fresh, self._waited = waited - self._waited, waited
        starved = fresh > STARVED * self._budget.check_seconds
        if starved:
            self._budget.spend(-fresh)
        return starved

    def _drain(self) -> None:
        """Keep the beginning of what was printed, throw the rest away."""
        for _chunk in range(64):
            try:
                data = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                if self.alive:
                    self._poll.unregister(self._output)
                return
            self._flood += len(data)
            room = self._budget.output - len(self.printed)
            self.printed += data[: max(room, 0)]

    def _give_up(self, reason: str, detail: str, cause: str = "") -> WorkerDied:
        self.kill()
        return WorkerDied(reason, detail, cause)

    def _gone(self, detail: str) -> WorkerDied | ZygoteDied:
        """The channel broke: ask the zygote how the process ended. Raises if that one is gone."""
        self.kill()
        try:
            status = self._exit_status()
        except (OSError, ZygoteDied):
            return ZygoteDied(_("the worker's parent process died"))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            name = signal.Signals(os.WTERMSIG(status)).name
            return WorkerDied("crashed", _("it was ended by {signal}").format(signal=name), name)
        if os.WIFEXITED(status):
            told = _("it ended the process with exit code {code}").format(code=os.WEXITSTATUS(status))
            return WorkerDied("crashed", told, "exited")
        return WorkerDied("crashed", detail)


def _pid_of(pidfd: int) -> str:
    """The number of a process; "-1" if it has ended, or if Linux does not tell."""
    try:
        told = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
    except OSError:
        return "-1"
    return next((line.split()[1] for line in told.splitlines() if line.startswith("Pid:")), "-1")


def _waited_for_processor(process: str) -> float:
    """Seconds that a process (its first thread) was ready to run and had no processor; 0 if it is gone, or
    where Linux does not count them. `process` is a folder of /proc."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
