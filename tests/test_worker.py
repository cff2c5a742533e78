"""The life of a worker: deaths, deadlines, restarts, objects that stay, functions that are lent."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import torch

from dlex.course import Course
from dlex.errors import MachineError
from dlex.grading.attempt import Attempt
from dlex.grading.calls import Counted, Functions, Handle
from dlex.grading.failures import CheckFailed, Died, Raised
from dlex.worker import sandbox
from dlex.worker.client import Budget
from dlex.worker.launcher import Zygote

ROOT = Path(__file__).resolve().parent.parent

SOURCE = b"""
import os, random, signal, time, torch
from torch import nn

calls = []

def double(x):
    calls.append(x)
    return 2 * x

def count():
    return len(calls)

def die(x):
    os._exit(3)

def hang(x):
    while True:
        pass

def make_layer():
    torch.manual_seed(0)
    return nn.Linear(2, 3)

def evens(n):
    for k in range(0, n, 2):
        yield torch.tensor(k)

def evens_until(n, how):
    found = [torch.tensor(k) for k in range(0, n, 2)]
    loader = torch.utils.data.DataLoader(found, batch_size=None)
    return {"list": found, "tuple": tuple(found), "map": map(abs, found), "loader": loader}[how]

def pairs(x, y):
    for k in range(2):
        yield x * k, y

def flips(x, y):
    y.requires_grad_()
    return x.requires_grad_(False) * y

def refuses(n):
    if n < 1:
        raise ValueError("n is too small")
    yield n

def listed(x, y):
    return [(x, 1), [y, 2]]

def endless():
    while True:
        yield 1

def heavy():
    while True:
        yield torch.zeros(1 << 20)

def apply_twice(f, x):
    return f(f(x))

def offset(x):
    return x.storage_offset()

def seeds():
    torch.manual_seed(0)

def half_of(n, generator=None):
    return torch.rand(n, generator=generator) / 2

def ignores(generator):
    return float(torch.rand(()))

def draws():
    return [random.random(), float(torch.rand(()))]

def speak(text):
    print(text, end="")

def work(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds

def fail(x):
    return {"a": 1}[x]
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote(sandbox.probe().level, [])
    yield zygote
    zygote.close()


@contextlib.contextmanager
def started(zygote: Zygote, course: Course, check_seconds: float) -> Iterator[Attempt]:
    """A worker that has loaded SOURCE, at the beginning of a check."""
    budget = Budget(check_seconds, 60.0, 1 << 30, 1 << 10)
    budget.start_check()
    with contextlib.closing(Attempt(zygote, budget, course.find("softmax")[0], SOURCE, "entropy")) as attempt:
        attempt.start()
        budget.start_check()
        yield attempt


@pytest.fixture
def attempt(zygote: Zygote, course: Course) -> Iterator[Attempt]:
    with started(zygote, course, 2.0) as attempt:
        yield attempt


@pytest.fixture
def submission(attempt: Attempt) -> Functions:
    return Functions(attempt)


def test_a_zygote_is_not_started_again_without_need() -> None:
    zygote = Zygote(sandbox.probe().level, [])
    with contextlib.closing(zygote):
        zygote.start()
        zygote.prepare_for_fork()
        started = psutil.Process().children()
        zygote.prepare_for_fork()
        assert psutil.Process().children() == started


def test_a_call_returns_a_tensor(submission) -> None:
    assert torch.equal(submission.double(torch.tensor([1.0, 2.0])), torch.tensor([2.0, 4.0]))


def test_a_death_costs_one_call(submission, attempt) -> None:
    with pytest.raises(Died, match="exit code 3"):
        submission.die(1)
    attempt.budget.start_check()
    assert submission.double(4) == 8
    assert submission.count() == 1  # a fresh fork: it remembers nothing


def test_a_hang_ends_at_the_deadline(submission, attempt) -> None:
    with pytest.raises(Died) as death:
        submission.hang(1)
    assert death.value.outcome == "timeout"
    attempt.budget.start_check()
    assert submission.double(4) == 8


@pytest.fixture
def busy() -> Iterator[int]:
    """A processor that four processes keep busy."""
    processor = min(os.sched_getaffinity(0))
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    for process in processes:
        os.sched_setaffinity(process.pid, {processor})
    yield processor
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def fresh_zygote(zygote: Zygote) -> Iterator[Zygote]:
    zygote.start()
    zygote.prepare_for_fork()
    yield zygote
    zygote.close()


@pytest.fixture
def crowded_grader(fresh_zygote: Zygote, busy: int) -> Iterator[Zygote]:
    """The zygote of a grader, this process, that has to queue for its processor whenever it wakes up."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {busy})
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    yield fresh_zygote
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.sched_setaffinity(0, before)


def test_time_that_others_take_from_a_worker_is_not_charged(fresh_zygote, busy, course) -> None:
    for process in psutil.Process().children(recursive=True):
        process.cpu_affinity([busy])
    with started(fresh_zygote, course, 1.0) as attempt:
        assert Functions(attempt).work(0.5) == 0.5  # takes 2.5 seconds here
        with pytest.raises(Died) as death:
            Functions(attempt).work(1000)
        assert death.value.outcome == "timeout"


def test_time_that_others_take_from_the_grader_is_not_charged(crowded_grader, course) -> None:
    with started(crowded_grader, course, 0.5) as attempt:
        for _ in range(500):  # 3 ms each here, nearly all of it the grader's
            assert Functions(attempt).double(4) == 8
        with pytest.raises(Died) as death:
            Functions(attempt).hang(1)
        assert death.value.outcome == "timeout"


def test_the_budget_of_a_submission_runs_out(submission, attempt) -> None:
    attempt.budget.submission_seconds = 0.2
    attempt.budget.start_check()
    with pytest.raises(Died, match="whole submission"):
        submission.hang(1)
    with pytest.raises(Died, match="whole submission"):
        submission.double(1)


def test_a_dead_zygote_is_started_again(zygote, course) -> None:
    budget = Budget(5.0, 60.0, 1 << 30, 1 << 10)
    budget.start_check()
    attempt = Attempt(zygote, budget, course.find("softmax")[0], SOURCE, "entropy")
    attempt.start()
    os.killpg(zygote._process.pid, signal.SIGKILL)
    zygote._process.wait()
    attempt.close()
    again = Attempt(zygote, budget, course.find("softmax")[0], SOURCE, "entropy")
    again.start()
    assert Functions(again).double(3) == 6
    again.close()


def test_a_layer_stays_and_has_methods_and_attributes(submission) -> None:
    layer = submission.make_layer()
    assert isinstance(layer, Handle) and "Linear" in layer.described
    assert layer.attribute("in_features") == 2
    weight = layer.attribute("weight")
    X = torch.ones(4, 2)
    assert layer(X).shape == (4, 3)
    assert torch.allclose(layer.forward(X), X @ weight.T + layer.attribute("bias"))


def test_a_generator_is_read_to_its_end(submission) -> None:
    assert submission.evens.collected(4)(7) == [0, 2, 4, 6]


@pytest.mark.parametrize("how", ["list", "tuple", "map", "loader"])
def test_whatever_can_be_looped_over_becomes_a_list(submission, how: str) -> None:
    assert submission.evens_until.collected(9)(7, how) == [0, 2, 4, 6]


def test_items_that_are_lists_arrive_as_tuples(submission) -> None:
    x, y = torch.tensor([1.0]), torch.tensor([2.0])
    assert submission.listed.collected(2)(x, y) == [(x, 1), (y, 2)]


def test_what_happens_in_the_loop_is_observed(submission) -> None:
    seen = submission.pairs.collected(2).observe(torch.ones(2), 5)
    assert [pair[1] for pair in seen.value] == [5, 5]
    assert not seen.random_state_moved
    assert submission.pairs.collected(2).measure(torch.ones(2), 5)[1].operations == 2


def test_where_random_numbers_came_from_is_observed(submission) -> None:
    generator = torch.Generator().manual_seed(7)
    assert submission.half_of.observe(3).drew == [True]
    assert submission.half_of.observe(3, generator=generator).drew == [False, True]
    assert submission.ignores.observe(generator).drew == [True, False]
    assert not submission.double.observe(torch.ones(2)).random_state_moved


def test_a_seed_that_every_call_sets_is_seen_each_time(submission) -> None:
    assert [submission.seeds.observe().random_state_moved for _call in range(3)] == [True, True, True]


def test_views_do_not_begin_where_their_memory_does(submission) -> None:
    x = torch.arange(12.0).reshape(3, 4)
    assert submission.offset(x) == 0 and submission.offset(x.T) == 1
    assert torch.equal(submission.double(x.T), 2 * x.T)


def test_gradients_flow_through_the_items_that_are_floats(submission) -> None:
    x, y = torch.ones(2, requires_grad=True), torch.tensor([1, 2])
    weights = [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])]
    (_, (second, labels)), (gradient,) = submission.pairs.collected(2).gradients(weights, x, y)
    assert second.tolist() == [1.0, 1.0] and labels.tolist() == [1, 2]
    assert gradient.tolist() == [3.0, 4.0]  # 0 times the first weights, once the second


def test_gradients_are_those_of_the_arguments_that_wanted_them_before_the_call(submission) -> None:
    x, weights = torch.ones(2, requires_grad=True), torch.ones(2)
    value, gradients = submission.flips.gradients(weights, x, torch.ones(2))
    assert value.tolist() == [1.0, 1.0] and gradients == [None]
    _, gradients = submission.flips.gradients(weights, torch.ones(2), torch.ones(2, requires_grad=True))
    assert [gradient.tolist() for gradient in gradients] == [[1.0, 1.0]]


def test_what_a_generator_raises_at_its_first_item_is_raised(submission) -> None:
    with pytest.raises(Raised, match="n is too small"):
        submission.refuses.collected(1)(0)


@pytest.mark.parametrize(("name", "words"), [("endless", "after 3 items"), ("heavy", "hold more than 32 MB")])
def test_a_generator_without_end_fails_the_check(submission, name: str, words: str) -> None:
    with pytest.raises(CheckFailed, match=f"the result does not end.*{words}"):
        getattr(submission, name).collected(3 if name == "endless" else 1000)()
    assert submission.double(2) == 4  # and the worker lives


def test_what_cannot_be_looped_over_fails_the_check(submission) -> None:
    with pytest.raises(CheckFailed, match="the result is an int, expected something to loop over"):
        submission.double.collected(3)(2)


def test_a_function_of_the_grader_is_called_back_and_counted(submission) -> None:
    square = Counted(lambda x: x * x)
    assert submission.apply_twice(square, torch.tensor(3.0)) == 81.0
    assert square.calls == 2


def test_an_error_in_a_lent_function_reaches_the_submission(submission) -> None:
    def refuse(x):
        raise ValueError("no more")

    with pytest.raises(Raised, match="no more"):
        submission.apply_twice(refuse, 1)


def test_an_exception_tells_the_line(submission) -> None:
    with pytest.raises(Raised) as failure:
        submission.fail("b")
    assert failure.value.error.kind == "KeyError"
    assert 'return {"a": 1}[x]' in failure.value.where


def test_the_random_state_is_seeded_by_the_grade(zygote, course) -> None:
    def first_draws(entropy: str) -> list[float]:
        budget = Budget(5.0, 60.0, 1 << 30, 1 << 10)
        budget.start_check()
        attempt = Attempt(zygote, budget, course.find("softmax")[0], SOURCE, entropy)
        attempt.start()
        drawn = Functions(attempt).draws()
        attempt.close()
        return drawn

    assert first_draws("a") == first_draws("a") != first_draws("b")


def test_output_is_kept_up_to_the_cap(submission, attempt) -> None:
    for _ in range(20):
        submission.speak("0123456789" * 10)
    attempt.close()
    assert attempt.output == "0123456789" * 102 + "0123"


def test_a_level_that_the_machine_lacks_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MachineError, match=r"level 2.*bubblewrap") as error:
        sandbox.require(2)
    assert error.value.exit_code == 4
    assert sandbox.require(None).level <= 1


def open_to_all(path: Path) -> bool:
    """Whether every user may enter the folders on the way to a path."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in [path, *path.resolve().parents])


def interpreter_for_everyone() -> str:
    """This interpreter, or the system's of the same version, if this one lies in root's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.executable), Path("/usr/bin") / version):
        if candidate.exists() and open_to_all(candidate):
            return str(candidate)
    pytest.skip("no interpreter here can be run by an ordinary user")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("level", range(sandbox.probe().level + 1))
def test_works_as_an_ordinary_user(level: int) -> None:
    site_packages = Path(torch.__file__).parent.parent
    if not open_to_all(ROOT / "src") or not open_to_all(site_packages):
        pytest.skip("this checkout lies in a folder that only root may enter")
    code = f"""
import sys
sys.path[:0] = {[str(ROOT / "src"), str(site_packages)]!r}
from dlex.worker import sandbox, wire
from dlex.worker.client import Budget
from dlex.worker.launcher import Zygote
zygote = Zygote({level}, [])
budget = Budget(60, 60, 1 << 30, 1 << 10)
budget.start_check()
worker = zygote.fork(budget)
worker.call(wire.encode(wire.Load(b"def double(x): return 2 * x", "a.py")))
print(worker.call(wire.encode(wire.Call("double", [21], {{}}))).value)
"""
    nobody = pwd.getpwnam("nobody")
    done = subprocess.run(
        [interpreter_for_everyone(), "-c", code],
        user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/",
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "42", done.stderr
