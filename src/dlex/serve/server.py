"""The process that listens: it holds a warm pool and answers questions, one after the other.

dlex check ══ socket ══ server ══ pool ══ warm process ── fork ──► grader ◄── wire ──► worker
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import msgspec

from dlex.batch.pool import Pool
from dlex.batch.protocol import Ready, Refused, refused
from dlex.course import Course, read_course
from dlex.errors import CourseError, DlexError
from dlex.language import _
from dlex.results.feedback import for_learner
from dlex.serve import messages, place
from dlex.serve.messages import Answer, Ask, Declined, End, Look, Request, State, Working
from dlex.serve.terms import SEED, terms

TICK = 5.0  # seconds between looks at whether there is a reason to end
BEAT = 0.25  # seconds between signs of life while a question is being answered
PATIENCE = 2.0  # seconds that a question waits for others before it is declined
SECONDS = 5.0  # for a peer to say something, or to take it
COLLECTING = 30.0  # seconds, at most, to collect the graders of an exercise
GRACE = 240.0  # seconds that a submission may take beyond its limit, before the pool counts as hung
CONNECTIONS = 32


class Server:
    """Answers for one set of terms, until there is a reason to end.

    Args:
        limit: seconds that a question may take, apart from collecting graders.
        lifeline: a descriptor; when it can be read, whoever held the other end is gone.
    """

    def __init__(self, pool: Pool, settings: messages.Settings, limit: float, lifeline: int | None = None):
        self._pool = pool
        self._lifeline = lifeline
        self._terms = settings.terms
        self._idle = settings.idle
        self._limit = limit
        self._warm = set(settings.exercises)
        self._answered = 0
        self._last = time.monotonic()
        self._due: float | None = None  # when the question under way counts as hung
        self._lane = ThreadPoolExecutor(1)
        self._slots = threading.Semaphore(CONNECTIONS)
        self._path = Path(settings.folder) / f"{settings.terms.name}{place.SUFFIX}"

    def run(self, ready: Callable[[], None]) -> None:
        """Listen, say so by `ready`, and answer; returns when it is time to end."""
        with self._listening() as listener:
            ready()
            watched = [listener] if self._lifeline is None else [listener, self._lifeline]
            while not self._is_time_to_end():
                readable, _, _ = select.select(watched, [], [], TICK)
                if self._lifeline in readable:
                    return
                if listener in readable:
                    self._accept(listener)

    def _accept(self, listener: socket.socket) -> None:
        connection, _address = listener.accept()
        if self._slots.acquire(blocking=False):
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()
        else:
            connection.close()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        """A socket that takes the place of whatever server was there before."""
        new = self._path.with_suffix(f".{os.getpid()}")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(new))
            os.chmod(new, 0o600)
            listener.listen(CONNECTIONS)
            self._inode = os.stat(new).st_ino
            os.rename(new, self._path)
            yield listener
        finally:
            if self._is_ours():
                self._path.unlink()
            listener.close()

    def _is_ours(self) -> bool:
        try:
            return os.stat(self._path).st_ino == self._inode
        except OSError:
            return False

    def _is_time_to_end(self) -> bool:
        now = time.monotonic()
        busy = self._due is not None
        idle = self._idle is not None and not busy and now - self._last > self._idle
        hung = busy and now > self._due
        return idle or hung or not self._is_ours() or self._has_changed()

    def _has_changed(self) -> bool:
        """Whether the course or dlex is no longer what it was at the start."""
        try:
            course = read_course(Path(self._terms.root))
            return terms(course, self._terms.device, self._terms.isolation) != self._terms
        except (DlexError, OSError):
            return True

    def _serve(self, connection: socket.socket) -> None:
        """One connection: one question. Runs in a thread of its own."""
        answers = {Ask: self._answer, Look: self._show, End: self._end}
        try:
            with connection:
                if place.peer(connection)[1] == os.geteuid():
                    request = messages.receive(connection, Request, SECONDS)
                    answers[type(request)](connection, request)
        except messages.BROKEN:
            pass  # it is the peer's loss
        finally:
            self._slots.release()

    def _answer(self, connection: socket.socket, ask: Ask) -> None:
        if ask.terms != self._terms.name:
            messages.send(connection, Declined(), SECONDS)
            return
        future = self._lane.submit(self._grade, ask)
        try:
            reply = self._await(connection, future, ask.patient)
        finally:
            future.cancel()
        messages.send(connection, reply, SECONDS)

    def _await(self, connection: socket.socket, future: Future, patient: bool) -> messages.Reply:
        """The reply, when it is there; signs of life until then."""
        began = time.monotonic()
        while not wait([future], BEAT).done:
            if not patient and time.monotonic() - began > PATIENCE and future.cancel():
                return Declined()
            messages.send(connection, Working(), SECONDS)
        return future.result()

    def _grade(self, ask: Ask) -> Answer | Declined | Refused:
        """Runs in the only thread of the lane, so one question at a time."""
        cold = set(ask.only) - self._warm
        self._due = time.monotonic() + self._limit + COLLECTING * len(cold)
        try:
            result = self._pool.grade_one(ask.submission, ask.only, ask.stop_at_failure)
            if cold and self._has_changed():  # while its graders were collected, perhaps
                return Declined()
            self._warm |= cold
            self._answered += 1
            return Answer(for_learner(result))
        except DlexError as error:
            return refused(error)
        finally:
            self._due, self._last = None, time.monotonic()

    def _show(self, connection: socket.socket, _look: Look) -> None:
        unused = 0.0 if self._due is not None else time.monotonic() - self._last
        shown = sorted(self._warm), self._answered, self._idle, unused
        state = State(os.getpid(), self._terms, self._pool.isolation, *shown)
        messages.send(connection, state, SECONDS)

    def _end(self, connection: socket.socket, _end: End) -> None:
        self._show(connection, Look())
        os.kill(os.getpid(), signal.SIGTERM)  # the main thread ends everything


def greet(greeting: messages.Greeting) -> None:
    """Tell whoever started this process how it went; nothing else is ever written there."""
    with contextlib.suppress(OSError):  # it did not wait
        os.write(sys.stdout.fileno(), messages.frame(greeting))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def main() -> None:
    """Read the settings from standard input, get warm, answer until it is time to end."""
    settings = _settings()
    wanted = settings.terms
    status = 0
    try:
        course = read_course(Path(wanted.root))
        pool = Pool(course, [], seed=SEED, isolation=wanted.isolation, jobs=1, device=wanted.device)
        _end_on_sigterm(pool)
        with pool:
            _warm_up(pool, course, settings)
            lifeline = sys.stdin.fileno() if settings.idle is None else None
            limit = course.file.limits.submission_seconds + GRACE
            Server(pool, settings, limit, lifeline).run(lambda: greet(Ready(pool.isolation)))
            pool.kill()
    except DlexError as error:
        greet(refused(error))
    except Exception:
        traceback.print_exc()
        status = 1
    finally:
        os._exit(status)  # threads may be waiting for answers that nobody wants any more


def _end_on_sigterm(pool: Pool) -> None:
    def end(_signal: int, _frame: object) -> None:
        pool.kill()
        sys.exit()

    signal.signal(signal.SIGTERM, end)


def _warm_up(pool: Pool, course: Course, settings: messages.Settings) -> None:
    if settings.exercises:
        pool.grade_one(messages.nothing_of(settings.exercises), settings.exercises)
    wanted = settings.terms
    if terms(course, wanted.device, wanted.isolation) != wanted:
        raise CourseError(_("the course was changed while its checks were collected"))


def _settings() -> messages.Settings:
    (length,) = messages.LENGTH.unpack(_read(messages.LENGTH.size))
    return msgspec.msgpack.decode(_read(length), type=messages.Settings)


def _read(size: int) -> bytes:
    """Exactly `size` bytes of standard input, and no more, so that its end can be waited for."""
    data = b""
    while len(data) < size:
        part = os.read(sys.stdin.fileno(), size - len(data))
        if not part:
            raise EOFError("no settings came")
        data += part
    return data


if __name__ == "__main__":
    main()
