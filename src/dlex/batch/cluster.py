"""Grading on a Dask cluster: the client's end. `remote` is the workers' end.

Few submissions are under way at a time, however many there are. A task depends on nothing but its
submission, so that one whose worker died is run again by Dask, elsewhere; each is yielded once.
"""

from __future__ import annotations

import itertools
import queue
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar

import msgspec

from dlex import __version__
from dlex.batch import protocol, remote
from dlex.course import Course, Exercise
from dlex.errors import DlexError, MachineError, UsageError
from dlex.results.records import SubmissionResult
from dlex.submission import Submission

try:
    import dask
    from distributed import Client, Future, KilledWorker, LocalCluster
    from distributed.client import ClosedClientError
    from distributed.comm.addressing import parse_address
    from distributed.comm.registry import get_backend
except ImportError as error:
    raise MachineError(
        f"grading on a cluster needs what is not installed: {error.name}",
        "Install it with `pip install 'dlex[cluster]'`.",
    ) from None

LOCAL = "local"
PER_THREAD = 2  # submissions under way: one that is graded, one on its way
CONNECT_SECONDS = 5.0
WORKERS_SECONDS = 60.0  # without any worker, after which it is given up
LOOK_SECONDS = 5.0  # between two looks at the workers
SETTINGS = {"distributed.admin.large-graph-warning-threshold": "1 GiB"}  # submissions are that large
GONE = (OSError, CancelledError, ClosedClientError)  # how the client says that it lost the scheduler

T = TypeVar("T")
_decode_result = msgspec.msgpack.Decoder(SubmissionResult).decode


class Cluster:
    """Grades submissions on the workers of a Dask cluster, one per thread of theirs or, on a GPU, one per
    GPU that they announce.

    with Cluster(course, exercises, seed=7, isolation=None, jobs=None, address="local") as cluster:
        for submission, result in cluster.grade(submissions):
            ...

    Args:
        address: a scheduler, as in "tcp://host:8786", or "local" for a cluster on this machine with
            `jobs` workers.
        device: tasks for another one than cpu ask for the resource GPU, one each. "cuda:1" is the second
            GPU of each worker.
    """

    def __init__(
        self,
        course: Course,
        exercises: list[Exercise],
        *,
        seed: int,
        isolation: int | None,
        jobs: int | None,
        address: str,
        device: str = "cpu",
    ):
        if jobs is not None and address != LOCAL:
            raise UsageError(
                f"--jobs says nothing to the cluster {address}",
                "Its workers grade a submission per thread: `dask worker --nthreads`.",
            )
        self.isolation = -1
        self._address, self._jobs = address, jobs
        self._on_gpu = device != "cpu"
        ids = [exercise.id for exercise in exercises]
        self._terms = remote.Terms(
            secrets.token_hex(8), str(course.root), course.hash, ids, seed, isolation, device
        )
        self._numbers = itertools.count()
        self._looked, self._threads = float("-inf"), 0

    def __enter__(self) -> Cluster:
        """Connect, and see that every worker fits.

        Raises:
            CourseError: a worker has another course.
            MachineError: no scheduler or no worker is there; a worker has another dlex, or not the
                isolation level; none has a GPU that is asked for.
        """
        with ExitStack() as stack:
            stack.enter_context(dask.config.set(SETTINGS))
            self._client = stack.enter_context(self._connect(stack))
            self._examine()
            stack.callback(self._finish)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def grade(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, SubmissionResult]]:
        """Each submission with its result, as they come in. Takes from `submissions` what the workers
        can hold.

        Raises:
            CourseError, MachineError: a worker that came later does not fit; no worker is left, or
                the scheduler is gone; a submission ended several workers.
        """
        waiting = iter(submissions)
        under_way: dict[Future, Submission] = {}
        done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        try:
            while True:
                for submission in itertools.islice(waiting, max(self._room() - len(under_way), 0)):
                    future = self._submit(submission)
                    under_way[future] = submission
                    future.add_done_callback(done.put)
                if not under_way:
                    return
                future = self._patiently(done.get)
                submission = under_way.pop(future)
                yield submission, self._result(future, submission)
        finally:
            with suppress(*GONE):
                self._client.cancel(list(under_way))

    def _connect(self, stack: ExitStack) -> Client:
        try:
            if self._address == LOCAL:
                return Client(stack.enter_context(_local(self._jobs, self._on_gpu)))
            get_backend(parse_address(self._address)[0])  # ValueError at once, before a thread is started
            return Client(self._address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise MachineError(
                f"no Dask scheduler answers at {self._address}: {error}",
                "`dask scheduler` prints its address when it starts, as in tcp://host:8786.",
            ) from None

    def _examine(self) -> None:
        """See that all workers fit, and agree on the isolation level that each of them has."""
        self._wait_for_workers()
        if self._on_gpu and not self._look():
            raise MachineError(
                f"no worker of the cluster {self._address} announces a GPU",
                "Start one for each GPU: `dask worker ADDRESS --resources GPU=1`.",
            )
        try:
            with self._reached():
                terms, concerned = protocol.encode(self._terms), list(self._slots())
                levels = self._client.run(remote.examine, __version__, terms, workers=concerned)
        except DlexError:
            raise
        except Exception as error:  # whatever a worker says that lacks dlex, or has an old one
            raise MachineError(
                f"a worker of the cluster {self._address} cannot run dlex: {error}",
                f"Install dlex[cluster] {__version__} on every worker, then start the workers again.",
            ) from None
        self.isolation = min(levels.values())
        self._terms = msgspec.structs.replace(self._terms, isolation=self.isolation)

    def _wait_for_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        except TimeoutError:
            raise self._abandoned() from None

    def _submit(self, submission: Submission) -> Future:
        with self._reached():
            return self._client.submit(
                remote.grade,
                __version__,
                protocol.encode(self._terms),
                protocol.encode(submission),
                key=f"dlex-{self._terms.client}-{next(self._numbers)}",
                resources={remote.GPU: 1} if self._on_gpu else None,
            )

    def _result(self, future: Future, submission: Submission) -> SubmissionResult:
        try:
            with self._reached():
                return _decode_result(self._patiently(future.result))
        except KilledWorker as death:
            raise MachineError(
                f"grading {submission.name} ended {death.allowed_failures + 1} workers",
                "The logs of the workers say more: too little memory ends them, for example.",
            ) from None

    def _patiently(self, wait: Callable[..., T]) -> T:
        """What `wait` returns. MachineError if there is no worker for a while."""
        alone_since = None
        while True:
            try:
                return wait(timeout=LOOK_SECONDS)
            except (queue.Empty, TimeoutError):
                if self._look():
                    alone_since = None
                    continue
                alone_since = alone_since or time.monotonic()
                if time.monotonic() - alone_since >= WORKERS_SECONDS:
                    raise self._abandoned() from None

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except GONE:
            raise MachineError(
                f"the scheduler at {self._address} is gone",
                "What was graded is kept: run the same command again with --resume.",
            ) from None

    def _abandoned(self) -> MachineError:
        return MachineError(
            f"the cluster {self._address} has had no worker{' with a GPU' if self._on_gpu else ''} for "
            f"{WORKERS_SECONDS:.0f} s",
            "Start workers (`dask worker ADDRESS`) and run the same command again with --resume.",
        )

    def _room(self) -> int:
        """How many submissions may be under way; workers may come and go."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        return max(PER_THREAD * self._threads, 1)

    def _look(self) -> int:
        """Count what all workers grade at a time."""
        with self._reached():
            self._threads = sum(self._slots().values())
        self._looked = time.monotonic()
        return self._threads

    def _slots(self) -> dict[str, int]:
        """How many submissions each worker grades at a time, by its address."""
        if not self._on_gpu:
            return self._client.nthreads()
        workers = self._client.scheduler_info(n_workers=-1)["workers"].items()
        gpus = {address: int(worker["resources"].get(remote.GPU, 0)) for address, worker in workers}
        return {address: count for address, count in gpus.items() if count}

    def _finish(self) -> None:
        with suppress(*GONE):
            self._client.run(remote.finish, protocol.encode(self._terms), wait=False, on_error="ignore")


def _local(jobs: int | None, on_gpu: bool) -> LocalCluster:
    """A cluster on this machine: a worker per job, one thread each. Unless told otherwise, a submission has
    the GPU to itself."""
    return LocalCluster(
        n_workers=jobs or (1 if on_gpu else dask.system.CPU_COUNT),
        resources={remote.GPU: 1} if on_gpu else {},
        threads_per_worker=1,
        processes=True,
        memory_limit=0,  # it would end the worker, not the submission that grows
        dashboard_address=None,
    )
