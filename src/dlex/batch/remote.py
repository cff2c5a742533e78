"""What a Dask worker runs: it checks that it fits the client, and grades with a pool of its own.

    client ── submission, bytes ──► task, a thread of the worker ── lane ──► grader child
    client ◄── result, bytes ────── task

The pool is warmed by the first task and has a lane for each thread. It ends when the client says so,
when it was not used for a while, or with the worker's process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from dlex import __version__, devices
from dlex.batch import protocol
from dlex.batch.pool import Pool
from dlex.course import Course, find_course, read_course
from dlex.errors import CourseError, DlexError, MachineError
from dlex.submission import Submission
from dlex.worker import sandbox

if TYPE_CHECKING:
    from distributed.worker_state_machine import WorkerState

IDLE_SECONDS = 600.0  # a client that was killed says nothing; its pools end after this time


GPU = "GPU"  # a resource of Dask: how many GPUs a worker has


class Terms(msgspec.Struct, frozen=True):
    """What a client grades with; `client` keeps the pools of two clients apart."""

    client: str
    course: str
    course_hash: str
    exercises: list[str]
    seed: int
    isolation: int | None
    device: str = "cpu"


_decode_terms = msgspec.msgpack.Decoder(Terms).decode
_decode_submission = msgspec.msgpack.Decoder(Submission).decode


def examine(version: str, terms: bytes, dask_worker) -> int:
    """The isolation level that a worker grades with.

    Raises:
        CourseError: its course is another one than the client's.
        MachineError: it has another dlex, or not the isolation level or the device that was asked for.
    """
    where = dask_worker.address
    _require_version(version, where)
    known = _decode_terms(terms)
    _same_course(known, where)
    with _named(where):
        if known.device.startswith("cuda"):
            devices.resolve(known.device)
        return sandbox.require(known.isolation).level


def grade(version: str, terms: bytes, submission: bytes) -> bytes:
    """A task: the record of one submission, encoded. Errors as in `examine`, and as in `Pool`."""
    from distributed import get_worker

    worker = get_worker()
    _require_version(version, worker.address)
    with _lock:
        pool = _pools.setdefault(terms, SharedPool(terms, worker.address, worker.state))
    with _named(worker.address):
        return pool.grade(submission)


async def finish(terms: bytes) -> None:
    """End the pool of a client that is done."""
    with _lock:
        pool = _pools.pop(terms, None)
    if pool is not None:
        await asyncio.to_thread(pool.close)


class SharedPool:
    """A pool for the threads, or the GPUs, of one worker: started by the first that needs it, and closed
    when none does, at once after `close`, else after a while."""

    def __init__(self, terms: bytes, where: str, state: WorkerState):
        self._terms, self._where = _decode_terms(terms), where
        cpu = self._terms.device == "cpu"
        self._lanes = state.nthreads if cpu else int(state.total_resources[GPU])
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._pool: Pool | None = None
        self._users = 0
        self._last_use = 0  # counts uses, so that a timer knows whether there was one since
        self._patience = IDLE_SECONDS

    def grade(self, submission: bytes) -> bytes:
        pool = self._enter()
        try:
            return protocol.encode(pool.grade_one(_decode_submission(submission)))
        finally:
            self._leave()

    def close(self) -> None:
        """End the pool, or have its last user do it."""
        with self._lock:
            self._patience = 0.0
            if not self._users:
                self._stop()

    def _enter(self) -> Pool:
        with self._lock:  # the first warms the pool, the others wait for it
            if self._pool is None:
                self._pool = self._open.enter_context(self._new())
            self._users += 1
            self._last_use += 1
            return self._pool

    def _new(self) -> Pool:
        terms = self._terms
        course = _same_course(terms, self._where)
        exercises = [exercise for target in terms.exercises for exercise in course.find(target)]
        return Pool(
            course,
            exercises,
            seed=terms.seed,
            isolation=terms.isolation,
            jobs=self._lanes,
            device=terms.device,
        )

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users:
                return
            timer = threading.Timer(self._patience, self._stop_after, [self._last_use])
            timer.daemon = True
            timer.start()

    def _stop_after(self, use: int) -> None:
        with self._lock:
            if self._last_use == use and not self._users:
                self._stop()

    def _stop(self) -> None:
        self._open.close()
        self._pool = None


_pools: dict[bytes, SharedPool] = {}
_lock = threading.Lock()


@contextmanager
def _named(where: str) -> Iterator[None]:
    """What goes wrong with this machine says which one it is."""
    try:
        yield
    except MachineError as error:
        raise MachineError(f"on the worker {where}: {error.message}", error.next_step) from None
    except OSError as error:
        raise MachineError(f"on the worker {where}: {error}") from error


def _require_version(version: str, where: str) -> None:
    if version != __version__:
        raise MachineError(
            f"the worker {where} has dlex {__version__}, this machine has {version}",
            "Install the same version on both, then start the workers again.",
        )


def _same_course(terms: Terms, where: str) -> Course:
    """The client's course as this machine has it: at the same path, or where dlex finds one."""
    courses = _courses(Path(terms.course))
    for course in courses:
        if course.hash == terms.course_hash:
            return course
    found = " and ".join(f"{course.hash} in {course.root}" for course in courses) or "none"
    raise CourseError(
        f"the worker {where} has another course: {terms.course_hash} is graded with, it has {found}",
        f"Copy {terms.course} to that machine, to the same path, or name its place in $DLEX_COURSE there.",
    )


def _courses(path: Path) -> list[Course]:
    """The courses of this machine that can be read, at most one of each place."""
    found: dict[Path, Course] = {}
    for find in (lambda: read_course(path), find_course):
        try:
            course = find()
            course.hash  # noqa: B018  (reads the files: one may be missing)
        except (DlexError, OSError):
            continue
        found[course.root] = course
    return list(found.values())
