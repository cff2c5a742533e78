"""The grader's end: starts the zygote, has it fork workers, talks to them under a deadline.

Everything that arrives from a worker is data. A frame that cannot be decoded, an answer to another
question, a closed channel, silence: the worker is killed and `WorkerDied` says why.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dlex.errors import MachineError
from dlex.language import _
from dlex.worker import sandbox, wire

START_SECONDS = 120
FLOOD = 64 << 20
CHUNK = 1 << 18
MAX_CALLBACKS = 100_000
STARVED = 0.05  # of a check's time: less is the ordinary wait for a processor
NUMBERS = 1_000_000  # more than the workers of one submission


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

    Time in which it was ready to run, and other processes had the processors, is not its own.
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
        worker = Worker(self, self._number, pidfd, ours, output, budget)
        if self.gpu:
            worker.await_context()
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


class Worker:
    """One forked child that holds one submission."""

    def __init__(self, zygote: Zygote, number: int, pidfd: int, channel, output: int, budget: Budget):
        self.printed = bytearray()
        self.callbacks: dict[int, Callable[[list[wire.Value]], wire.CallbackReply]] = {}
        self.alive = True
        self._zygote, self._number, self._pidfd = zygote, number, pidfd
        self._channel, self._output, self._budget = channel, output, budget
        self._reader = wire.FrameReader()
        self._next_sequence = 0
        self._pending = 0
        self._arrived: list[wire.Reply] = []
        self._flood = 0
        self._called_back = 0
        self._waited = 0.0
        channel.setblocking(False)
        os.set_blocking(output, False)
        self._poll = select.poll()
        self._poll.register(output, select.POLLIN)
        self._poll.register(channel, select.POLLIN)

    def await_context(self) -> None:
        """Wait until the worker has its context on the GPU; no submission is in it yet.

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
            raise NoContext(f"a worker got no context on {self._zygote.gpu} within {spent}. {words}"[:500])

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
        """Whether it waited long for a processor since this was last asked; that time is given back."""
        waited = _waited_for_processor(self._pidfd)
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
            status = self._zygote.exit_status(self._number)
        except (OSError, ZygoteDied):
            return ZygoteDied(_("the worker's parent process died"))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            name = signal.Signals(os.WTERMSIG(status)).name
            return WorkerDied("crashed", _("it was ended by {signal}").format(signal=name), name)
        if os.WIFEXITED(status):
            told = _("it ended the process with exit code {code}").format(code=os.WEXITSTATUS(status))
            return WorkerDied("crashed", told, "exited")
        return WorkerDied("crashed", detail)


def _waited_for_processor(pidfd: int) -> float:
    """Seconds that a process's first thread was ready to run and had no processor; 0 where Linux does
    not count them."""
    try:
        told = Path(f"/proc/self/fdinfo/{pidfd}").read_text()
        pid = next(line.split()[1] for line in told.splitlines() if line.startswith("Pid:"))
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, StopIteration, IndexError, ValueError):
        return 0.0
