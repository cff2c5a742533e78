"""Grading on a Dask cluster: schedulers and workers are processes of their own, as in real use."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psutil
import pytest

from dlex.batch import cluster, protocol, remote
from dlex.batch.cluster import Cluster
from dlex.batch.pool import Pool
from dlex.course import CONTENT, Course, read_course
from dlex.devices import DRIVER
from dlex.errors import CourseError, MachineError, UsageError
from dlex.results.records import SubmissionResult
from dlex.submission import Source, Submission

GOLDEN = Path(__file__).parent / "golden"
SEED = 7
ENDS_SECONDS = 60  # until a process that was told to end has ended
WRONG = b"import torch\n\n\ndef softmax(X):\n    return torch.log_softmax(X, dim=1)\n"

Results = dict[str, SubmissionResult]


@pytest.fixture(scope="module")
def submissions(course: Course) -> list[Submission]:
    (exercise,) = course.find("ch03/softmax")
    right, stub = (exercise.path(folder).read_bytes() for folder in ("solutions", "exercises"))
    exits = (GOLDEN / "calls_os_exit" / "softmax.py").read_bytes()
    contents = [right, WRONG, stub, right, exits, WRONG, b"def softmax(", right, WRONG, b"", stub, right]
    return [
        Submission(f"learner {number}", {exercise.id: Source("softmax.py", content)})
        for number, content in enumerate(contents)
    ]


@pytest.fixture(scope="module")
def pool(course: Course) -> Iterator[Pool]:
    """A pool that a thread started which has ended: what it started must not end with it."""
    with contextlib.ExitStack() as stack:
        new = Pool(course, course.find("ch03/softmax"), seed=SEED, isolation=None, jobs=2)
        thread = threading.Thread(target=stack.enter_context, args=[new])
        thread.start()
        thread.join()
        yield new


@pytest.fixture(scope="module")
def expected(pool: Pool, submissions: list[Submission]) -> Results:
    return collected(pool.grade(submissions))


def collected(graded: Iterator[tuple[Submission, SubmissionResult]]) -> Results:
    """Results by name, without what depends on the clock. Each name comes once."""
    found: Results = {}
    for submission, result in graded:
        assert submission.name == result.submission
        assert submission.name not in found
        found[submission.name] = timeless(result)
    return found


def timeless(result: SubmissionResult) -> SubmissionResult:
    return msgspec.structs.replace(result, started="", duration_s=0.0)


class Part:
    """A part of Dask, a process: `found` is what its output said of itself when it was ready."""

    def __init__(self, name: str, *arguments: str, until: str):
        environment = {**os.environ, "DLEX_COURSE": str(Path(__file__).resolve().parent.parent)}
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        self.found = self._wait_for(until)
        self._reader = threading.Thread(target=self.process.stderr.read)  # a full pipe would stop it
        self._reader.start()

    def _wait_for(self, pattern: str) -> str:
        seen = []
        for line in self.process.stderr:
            seen.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError("".join(seen))

    def below(self) -> list[psutil.Process]:
        """All that it started, directly or not."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it; what it started ends with it."""
        below = self.below()
        self.process.send_signal(number)
        self.process.wait(ENDS_SECONDS)
        all_end(below)
        self._reader.join()
        self.process.stderr.close()


def all_end(processes: list[psutil.Process]) -> None:
    _gone, left = psutil.wait_procs(processes, timeout=ENDS_SECONDS)
    assert not left


class Running:
    """A scheduler, and workers, each ended with all that it started."""

    def __init__(self, folder: Path, *threads: int):
        where = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.scheduler = Part("scheduler", *where, until=r"Scheduler at:\s+(tcp://\S+)")
        self.address = self.scheduler.found
        self.workers = [self._worker(number, folder) for number in threads]

    def _worker(self, threads: int, folder: Path) -> Part:
        options = ("--no-nanny", "--no-dashboard", "--nthreads", str(threads), "--memory-limit", "0")
        options += ("--resources", "GPU=1")
        where = ("--local-directory", str(folder))
        return Part("worker", self.address, *options, *where, until=r"(Registered to:)")

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: object) -> None:
        for part in (*self.workers, self.scheduler):
            if part.process.returncode is None:
                part.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    """One worker of two threads, with a GPU."""
    with Running(tmp_path_factory.mktemp("dask"), 2) as found:
        yield found


def make(course: Course, address: str, **options: object) -> Cluster:
    exercises = course.find("ch03/softmax")
    return Cluster(
        course, exercises, **{"seed": SEED, "isolation": None, "jobs": None, "address": address, **options}
    )


def test_a_cluster_grades_as_the_local_pool_does(running, course, submissions, expected):
    (worker,) = running.workers
    taken, found = [], []
    with make(course, running.address) as graders:
        assert graders.isolation == next(iter(expected.values())).isolation
        for entry in graders.grade(taken.append(one) or one for one in submissions):
            assert len(taken) <= len(found) + 2 * cluster.PER_THREAD
            found.append(entry)
        assert collected(iter(found)) == expected
        warm = worker.below()
        assert sum("dlex.grading.warm" in process.cmdline() for process in warm) == 3  # itself, two lanes
    all_end(warm)
    assert worker.process.poll() is None


@pytest.mark.slow
def test_a_worker_that_dies_costs_nothing_and_the_last_one_ends_the_batch(
    course, submissions, expected, tmp_path, monkeypatch
):
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(cluster, "WORKERS_SECONDS", 0.2)
    with Running(tmp_path, 1, 1) as dask, make(course, dask.address) as graders:
        graded = graders.grade(submissions)
        first = [next(graded) for _ in range(3)]
        dask.workers[0].end(signal.SIGKILL)
        assert collected(itertools.chain(first, graded)) == expected

        graded = graders.grade(submissions)
        next(graded)
        dask.workers[1].end(signal.SIGKILL)
        with pytest.raises(MachineError, match=r"has had no worker for .* s\n.*--resume"):
            list(graded)


def test_a_scheduler_that_goes_ends_the_batch(course, submissions, tmp_path):
    def meanwhile(dask: Running) -> Iterator[Submission]:
        yield submissions[0]
        dask.scheduler.end(signal.SIGKILL)

    with (
        Running(tmp_path, 1) as dask,
        pytest.raises(MachineError, match=r"the scheduler at tcp://\S+ is gone"),
        make(course, dask.address) as graders,
    ):
        list(graders.grade(meanwhile(dask)))


def test_another_course_on_a_worker_is_refused(running, course, tmp_path):
    for folder in CONTENT:
        shutil.copytree(course.root / folder, tmp_path / folder)
    known = read_course(tmp_path)
    changing = known.find("ch03/softmax")[0].path("reference")
    changing.write_bytes(changing.read_bytes() + b"# changed\n")
    here = known.hash
    changing.write_bytes(changing.read_bytes() + b"# again\n")
    there = read_course(tmp_path).hash
    with pytest.raises(CourseError) as refusal, make(known, running.address):
        pass
    for part in ("tcp://127.0.0.1:", here, there, course.hash, "$DLEX_COURSE"):
        assert part in str(refusal.value)


def test_a_worker_may_have_the_course_elsewhere(running, course, tmp_path):
    """At the client's path there is none; $DLEX_COURSE of the worker names it."""
    known = Course(tmp_path / "nowhere", course.file)
    known.__dict__["hash"] = course.hash
    with make(known, running.address) as graders:
        assert graders.isolation >= 0


def test_another_dlex_on_a_worker_is_refused(running, course, monkeypatch):
    monkeypatch.setattr(cluster, "__version__", "0.0.0")
    with pytest.raises(MachineError, match=r"the worker tcp://\S+ has dlex .*, this machine has 0\.0\.0"):
        make(course, running.address).__enter__()


def test_a_worker_without_dlex_is_refused(running, course, monkeypatch):
    """The function that workers are asked to run is in a module that only this machine has."""
    only_here = types.ModuleType("only_here")
    exec("def examine(*arguments): pass", only_here.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", only_here)
    monkeypatch.setattr(remote, "examine", only_here.examine)
    with pytest.raises(MachineError, match=r"cannot run dlex: .*only_here.*\nInstall dlex\[cluster\]"):
        make(course, running.address).__enter__()


class DeadlyTask:
    """A task that ended every worker it was given to."""

    def add_done_callback(self, call: Callable) -> None:
        call(self)

    def result(self, timeout: float) -> bytes:
        raise cluster.KilledWorker("task", None, 3)


def test_a_submission_that_ends_workers_ends_the_batch(running, course, submissions, monkeypatch):
    monkeypatch.setattr(cluster.Client, "submit", lambda *arguments, **options: DeadlyTask())
    monkeypatch.setattr(cluster.Client, "cancel", lambda *arguments: None)
    with (
        make(course, running.address) as graders,
        pytest.raises(MachineError, match="grading learner 0 ended 4 workers"),
    ):
        list(graders.grade(submissions))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "carrier-pigeon://a:1"])
def test_an_address_without_a_scheduler_is_refused(course, address, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(MachineError, match=re.escape(f"no Dask scheduler answers at {address}")):
        make(course, address).__enter__()


def test_a_scheduler_without_workers_is_refused(course, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_SECONDS", 0.2)
    with Running(tmp_path) as dask, pytest.raises(MachineError, match="has had no worker"):
        make(course, dask.address).__enter__()


def test_jobs_are_for_this_machine(course):
    with pytest.raises(UsageError, match="--jobs says nothing"):
        make(course, "tcp://127.0.0.1:9", jobs=2)


@pytest.mark.parametrize("device, asked", [("cpu", None), ("pretend", {"GPU": 1})])
def test_devices_ask_for_a_gpu(running, course, submissions, monkeypatch, device, asked):
    class Asked(Exception):
        pass

    def submit(*arguments: object, resources: object, **options: object) -> None:
        raise Asked(resources)

    monkeypatch.setattr(cluster.Client, "submit", submit)
    with make(course, running.address, device=device) as graders, pytest.raises(Asked) as seen:
        next(graders.grade(submissions))
    assert seen.value.args == (asked,)


def test_submissions_go_to_a_gpu_one_at_a_time(running, course, submissions):
    (worker,) = running.workers
    with make(course, running.address, device="pretend") as graders:
        results = {result.submission: result for _one, result in graders.grade(submissions[:2])}
        warm = sum("dlex.grading.warm" in process.cmdline() for process in worker.below())
    assert warm == 2  # itself, a lane: the worker has two threads, but one GPU
    assert {result.device for result in results.values()} == {"cuda"}
    assert [result.perfect for result in (results["learner 0"], results["learner 1"])] == [True, False]


def test_workers_without_a_gpu_are_refused(running, course, monkeypatch):
    monkeypatch.setattr(remote, "GPU", "what no worker announces")
    with pytest.raises(MachineError, match="announces a GPU"):
        make(course, running.address, device="pretend").__enter__()


@pytest.mark.skipif(DRIVER.exists(), reason="there is a GPU")
def test_a_worker_whose_gpu_cannot_be_used_says_why(running, course):
    with pytest.raises(MachineError, match=r"on the worker tcp.*there is no GPU to grade on"):
        make(course, running.address, device="cuda:0").__enter__()


def test_without_distributed_the_extra_is_named(dlex, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError('no', name='distributed')\n")
    (tmp_path / "softmax.py").write_text("")
    done = dlex(
        "grade",
        "softmax.py",
        "--cluster",
        "local",
        PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
    )
    assert done.returncode == 4
    assert "pip install 'dlex[cluster]'" in done.stderr


class FakePool:
    """Stands for a pool; `graded` is called when something is graded."""

    def __init__(self, *arguments: object, **options: object):
        self.closed = threading.Event()
        self.graded: Callable[[], None] = lambda: None
        pools.append(self)

    def __enter__(self) -> FakePool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.closed.set()

    def grade_one(self, submission: Submission) -> str:
        self.graded()
        return submission.name


pools: list[FakePool] = []


@pytest.fixture
def shared(course, monkeypatch) -> remote.SharedPool:
    """A worker's pool, but for what grades. Pools that were started are in `pools`."""
    pools.clear()
    monkeypatch.setattr(remote, "Pool", FakePool)
    terms = remote.Terms("me", str(course.root), course.hash, ["ch03/softmax"], SEED, None)
    return remote.SharedPool(protocol.encode(terms), "tcp://here:1", types.SimpleNamespace(nthreads=2))


def test_a_workers_pool_is_kept_until_its_client_is_done(shared, submissions):
    data = protocol.encode(submissions[0])
    assert shared.grade(data) == shared.grade(data) == protocol.encode(submissions[0].name)
    (only,) = pools
    assert not only.closed.is_set()
    shared.close()
    assert only.closed.is_set()


def test_a_workers_pool_that_is_in_use_is_closed_by_its_last_user(shared, submissions):
    data, still_open = protocol.encode(submissions[0]), []

    def closing() -> None:
        shared.close()
        still_open.append(not pools[0].closed.is_set())

    shared.grade(data)
    pools[0].graded = closing
    shared.grade(data)
    assert still_open == [True]
    assert pools[0].closed.wait(ENDS_SECONDS)


def test_a_workers_pool_ends_when_nobody_uses_it_and_starts_again(course, submissions, monkeypatch, request):
    monkeypatch.setattr(remote, "IDLE_SECONDS", 0.0)
    shared, data = request.getfixturevalue("shared"), protocol.encode(submissions[0])
    for started in (1, 2):
        shared.grade(data)
        assert len(pools) == started
        assert pools[-1].closed.wait(ENDS_SECONDS)


def warm_below(parent: psutil.Process) -> list[psutil.Process]:
    return [one for one in parent.children() if "dlex.grading.warm" in one.cmdline()]


def end_lanes() -> None:
    """Kill the warm process of this process' pool, and with it its lanes."""
    (warm,) = warm_below(psutil.Process())
    below = warm.children(recursive=True)
    warm.kill()
    all_end(below)


@pytest.mark.slow
def test_threads_share_a_pool_and_survive_its_end(pool, submissions, expected):
    def graded_by_threads() -> Results:
        with ThreadPoolExecutor(4) as threads:
            return {one.submission: timeless(one) for one in threads.map(pool.grade_one, submissions)}

    assert graded_by_threads() == expected
    (warm,) = warm_below(psutil.Process())
    assert [lane.children() for lane in warm_below(warm)] == [[], []]  # no zygote was started again
    end_lanes()
    assert graded_by_threads() == expected


@pytest.mark.slow
def test_a_pool_whose_lanes_end_between_two_batches_starts_again(pool, submissions, expected):
    end_lanes()
    assert collected(pool.grade(submissions)) == expected
