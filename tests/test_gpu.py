"""The way to a real GPU, with everything simulated but the GPU."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

import gpu_faults
import pytest
import torch
from fake_gpu import FakeDriver

from dlex import devices, doctor
from dlex.batch.pool import Pool
from dlex.devices import elsewhere, resolve
from dlex.errors import MachineError, UsageError
from dlex.grading.session import PRETEND, grade
from dlex.submission import Source, Submission
from dlex.worker import client, sandbox, wire
from dlex.worker.client import Budget, NoContext, Worker, ZygoteDied
from dlex.worker.executor import Executor
from dlex.worker.gpu import timing
from dlex.worker.gpu.real import RealGpu
from dlex.worker.gpu.spares import Spares
from dlex.worker.launcher import Zygote

ROOT = Path(__file__).resolve().parent.parent
LARGE = [["H100", 70 << 30], ["H100", 70 << 30]]
BUSY = [["T4", 300 << 20], ["T4", 15 << 30]]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine on which torch was built for CUDA, with a driver and these GPUs."""

    def make(found: list | Exception, *, built: bool = True, driver: bool = True) -> None:
        def ask() -> list:
            if isinstance(found, Exception):
                raise found
            return found

        (tmp_path / "version").write_text("NVIDIA")
        monkeypatch.setattr(devices, "_built_for_cuda", lambda: built)
        monkeypatch.setattr(devices, "DRIVER", tmp_path / ("version" if driver else "none"))
        monkeypatch.setattr(devices, "_ask", ask)

    return make


def test_a_device_is_what_was_asked_for(machine) -> None:
    machine(LARGE)
    assert [resolve(asked) for asked in ("cpu", "cuda", "cuda:1", "auto")] == [
        "cpu", "cuda:0", "cuda:1", "cuda:0"
    ]  # fmt: skip


def test_the_workers_of_a_cluster_look_for_their_gpus_themselves() -> None:
    assert [elsewhere(asked) for asked in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda:0", "cuda:1"]
    for asked in ("auto", "gpu"):
        with pytest.raises(UsageError):
            elsewhere(asked)


def test_auto_takes_a_gpu_with_room(machine) -> None:
    machine(BUSY)
    assert resolve("auto") == "cuda:1"


@pytest.mark.parametrize("asked", ["gpu", "cuda:", "cuda:x", "cuda:-1", "", "mps"])
def test_a_device_of_no_name_is_refused(asked: str) -> None:
    with pytest.raises(UsageError, match="there is no device"):
        resolve(asked)


MISSING = {
    "a CPU build": (dict(found=[], built=False), "built for the CPU only"),
    "no driver": (dict(found=[], driver=False), "no NVIDIA driver"),
    "no GPU": (dict(found=[]), "torch sees no GPU"),
    "a driver that is too old": (dict(found=ValueError("driver too old")), "driver too old"),
    "a driver that hangs": (dict(found=subprocess.TimeoutExpired("python", 120)), "timed out"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_told(machine, name: str) -> None:
    state, told = MISSING[name]
    machine(**state)
    with pytest.raises(MachineError, match=told) as error:
        resolve("cuda")
    assert error.value.exit_code == 4 and error.value.next_step
    assert resolve("auto") == "cpu"
    (finding,) = doctor._gpu()
    assert finding.state == "lacks" and told in finding.found and finding.advice


def test_a_gpu_that_is_not_there_or_is_full_is_told(machine) -> None:
    machine(BUSY)
    with pytest.raises(MachineError, match=r"no cuda:2"):
        resolve("cuda:2")
    with pytest.raises(MachineError, match=r"T4\) has 300 MB free"):
        resolve("cuda")


def test_what_torch_was_built_for_is_read_without_importing_it(monkeypatch, tmp_path) -> None:
    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: Spec)
    assert devices._built_for_cuda() is False
    for line, built in (("cuda: Optional[str] = None", False), ("cuda: Optional[str] = '12.8'", True)):
        (tmp_path / "version.py").write_text(f"debug = False\n{line}\nhip = None\n")
        assert devices._built_for_cuda() is built


def test_the_gpus_are_those_that_another_process_sees(monkeypatch) -> None:
    monkeypatch.setattr(devices, "ASK", "print('[[\"H100\", 5]]')")
    assert devices._ask() == [["H100", 5]]
    monkeypatch.setattr(devices, "ASK", "raise SystemExit('no kernel image')")
    with pytest.raises(ValueError, match="no kernel image"):
        devices._ask()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(dlex, tmp_path) -> None:
    done = dlex("check", "softmax", "--device", "cuda")
    assert done.returncode == 4 and "there is no GPU to grade on" in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_script_for_a_gpu_says_that_there_is_none() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "gpu-test")], capture_output=True, text=True
    )
    assert done.returncode == 4
    assert json.loads(done.stdout)["device"] is None


SHORTCUTS = {"float32": "float16", "float16": "bfloat16", "bfloat16": "float8_e4m3fn"}


@pytest.fixture(scope="module")
def graded(course_of_softmax, tmp_path_factory) -> dict:
    """Softmax, half precision included, graded with every call on the pretend GPU."""
    course = course_of_softmax(tmp_path_factory.mktemp("half") / "course")
    (exercise,) = course.exercises
    grader = exercise.path("graders")
    grader.write_text(grader.read_text().replace('{"gradients": 2}', '{"gradients": 2}, half=True'))
    right = exercise.path("solutions").read_bytes()
    moved = right.replace(b"return X_exp /", b"X_exp = X_exp.cpu(); return X_exp /")
    sources = {"right": right, "on the CPU": moved}
    for dtype, low in SHORTCUTS.items():
        shortcut = f"    X = X.to(torch.{low}).to(X.dtype) if X.dtype is torch.{dtype} else X\n    X_exp ="
        sources[dtype] = right.replace(b"    X_exp =", shortcut.encode())
    submissions = [
        Submission(name, {exercise.id: Source("softmax.py", source)}) for name, source in sources.items()
    ]
    results = grade(course, [exercise], submissions, device=PRETEND)
    return {result.submission: result for result in results}


def test_a_whole_grade_on_a_gpu(graded) -> None:
    assert graded["right"].perfect and graded["right"].device == "cuda"


def test_results_have_to_stay_on_the_gpu(graded) -> None:
    checks = graded["on the CPU"].exercises[0].checks
    assert {check.outcome for check in checks} == {"failed"}
    assert {check.mistake.name for check in checks} == {"moved_to_cpu"}


@pytest.mark.parametrize("dtype", SHORTCUTS)
def test_a_shortcut_in_a_lower_precision_is_rejected_there(graded, dtype: str) -> None:
    lost = {check.name: check for check in graded[dtype].exercises[0].checks if check.outcome == "failed"}
    assert lost["contract[dtype]"].title == "works in float16, bfloat16, float32 and float64"
    assert dtype == "float32" or lost.keys() == {"contract[dtype]"}


def test_a_pool_grades_on_a_gpu(course, solution) -> None:
    (exercise,) = course.find("softmax")
    submission = Submission("you", {exercise.id: Source("softmax.py", solution("softmax"))})
    with Pool(course, [exercise], seed=0, isolation=None, jobs=1, device=PRETEND) as pool:
        ((_submission, result),) = pool.grade([submission])
    assert result.perfect and result.device == "cuda"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_worker_without_its_context_is_never_a_zero(course, solution) -> None:
    (exercise,) = course.find("softmax")
    submission = Submission("you", {exercise.id: Source("softmax.py", solution("softmax"))})
    (result,) = grade(course, [exercise], [submission], device="cuda:0")
    assert result.status == "not_graded" and "no context on cuda:0" in result.reason


@pytest.fixture
def worker(monkeypatch) -> tuple[Worker, socket.socket]:
    """A worker as the grader sees it, and the other end of its channel."""
    monkeypatch.setattr(client, "START_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    output, _unused = os.pipe()
    waiting = Worker(os.pidfd_open(os.getpid()), ours, output, Budget(1, 1, 1, 1), lambda: 0)
    monkeypatch.setattr(client.signal, "pidfd_send_signal", lambda *_: None)
    yield waiting, theirs
    waiting.kill()
    theirs.close()
    os.close(_unused)


def test_a_worker_says_when_its_context_is_there(worker) -> None:
    waiting, theirs = worker
    theirs.send(wire.READY)
    waiting.await_context("cuda:0")
    assert waiting.alive


@pytest.mark.parametrize("says", [b"", b"nonsense"])
def test_a_worker_that_gets_no_context_is_the_machines_fault(worker, says: bytes) -> None:
    waiting, theirs = worker
    theirs.send(says) if says else None
    with pytest.raises(ZygoteDied, match="no context on cuda:0"):
        waiting.await_context("cuda:0")


def test_devices_and_variables_of_the_gpu_reach_its_workers_only(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setattr(sandbox.glob, "glob", lambda pattern: ["/dev/nvidia0", "/dev/nvidiactl"])
    with_gpu = sandbox.command(2, "{}", 5, [], "cuda:0")
    assert "/dev/nvidia0" in with_gpu and "CUDA_VISIBLE_DEVICES" in with_gpu
    without = sandbox.command(2, "{}", 5, [])
    assert "/dev/nvidia0" not in without and "CUDA_VISIBLE_DEVICES" not in without


@pytest.fixture
def forked() -> Iterator[list[subprocess.Popen]]:
    """The processes that stand in for spares."""
    processes: list[subprocess.Popen] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def spares_of(forked: list[subprocess.Popen]) -> Iterator[Callable[..., Spares]]:
    """Spares that run these commands, one after the other; what they are handed is their input."""
    made: list[Spares] = []

    def make(*commands: str) -> Spares:
        left = iter(commands)

        def fork(line: socket.socket, called: bool) -> tuple[int, int]:
            process = subprocess.Popen([next(left)], stdin=line, stdout=subprocess.DEVNULL)
            forked.append(process)
            return process.pid, os.pidfd_open(process.pid)

        made.append(Spares(fork))
        return made[-1]

    yield make
    for spares in made:
        spares._waiting.line.close()
        os.close(spares._waiting.pidfd)


def handed(spares: Spares) -> int:
    """The process that is handed something."""
    pid, pidfd = spares.hand_over(b"a request", [0])
    os.close(pidfd)
    return pid


def test_a_spare_waits_before_it_is_needed_and_the_next_after_it(forked, spares_of) -> None:
    spares = spares_of("cat", "cat", "cat")
    spares.refill()
    spares.refill()
    assert len(forked) == 1
    assert handed(spares) == forked[0].pid and len(forked) == 2
    assert handed(spares) == forked[1].pid and len(forked) == 3


def test_without_a_spare_a_new_one_is_made(forked, spares_of) -> None:
    assert handed(spares_of("cat", "cat")) == forked[0].pid


def test_a_spare_that_ended_while_it_waited_is_replaced(forked, spares_of) -> None:
    spares = spares_of("true", "cat", "cat")
    spares.refill()
    os.waitid(os.P_PID, forked[0].pid, os.WEXITED | os.WNOWAIT)
    assert handed(spares) == forked[1].pid


FAKE = Path(__file__).with_name("fake_gpu.py").read_text() + "\ninstall()\n"


def simulate(patch: pytest.MonkeyPatch, more: str = "") -> None:
    """Have zygotes run `fake_gpu`, and more code, before they serve."""
    code = repr(FAKE + more).replace("{", "{{").replace("}", "}}")
    patch.setattr(sandbox, "START", sandbox.START.replace("from dlex", f"exec({code}); from dlex", 1))


@pytest.fixture
def simulated(monkeypatch) -> None:
    """Workers find a GPU that `fake_gpu` simulates."""
    simulate(monkeypatch)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """Forks workers for a simulated GPU."""
    with contextlib.closing(Zygote(sandbox.probe().level, [], "cuda:0")) as zygote:
        with pytest.MonkeyPatch.context() as patch:
            simulate(patch)
            zygote.start()
        yield zygote


@pytest.fixture
def fork(zygote: Zygote) -> Iterator[Callable[[], Worker]]:
    """Fork workers; they end with the test."""
    workers: list[Worker] = []

    def forked() -> Worker:
        budget = Budget(20.0, 60.0, 1 << 30, 1 << 10)
        budget.start_check()
        workers.append(zygote.fork(budget))
        return workers[-1]

    yield forked
    for worker in workers:
        worker.kill()


def asked(worker: Worker, source: bytes, *arguments: wire.Value, **options) -> wire.Reply:
    """What a function f answers on the GPU."""
    assert worker.call(wire.encode(wire.Load(source, "f.py", gpu="cuda:0"))).error is None
    return worker.call(wire.encode(wire.Call("f", list(arguments), {}, device=wire.GPU, **options)))


@pytest.fixture
def script(monkeypatch) -> types.ModuleType:
    """`scripts/gpu-test`, as a module."""
    path = list(sys.path)
    loader = SourceFileLoader("gpu_test", str(ROOT / "scripts" / "gpu-test"))
    module = types.ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    yield module
    sys.path[:] = path


def test_on_a_gpu_a_fault_costs_its_check_and_no_other(simulated, script, monkeypatch) -> None:
    expected = gpu_faults.FAULTS | {"a fault that is none": ("pass", "timeout", "no answer within")}
    monkeypatch.setattr(gpu_faults, "FAULTS", expected)
    wrong = {"a fault that is none": "nothing was lost"}
    assert script.faults() == {"total": 5, "as_expected": 4, "wrong": wrong}


def test_the_script_for_a_gpu_grades_and_measures(simulated, script, monkeypatch) -> None:
    monkeypatch.setattr(script, "WARM", 2)
    found = script.exercises(1)
    assert found["graded"] == 1 and found["wrong"] == {}
    assert found["warm_submission_ms"] > 0 and found["submissions_per_second"] > 0
    (cost,) = found["costs"].values()
    assert set(cost["gpu_bytes"].values()) == {4096}
    assert set(cost["gpu_microseconds"].values()) == {250.0}


PARTS = {
    "print('{\"wrong\": {}}')": {"wrong": {}},
    "raise SystemExit('no room')": {"problem": "no room"},
    "import time; time.sleep(600)": {"problem": "it took more than 1 s"},
}


@pytest.mark.parametrize("code", PARTS)
def test_a_part_of_the_script_for_a_gpu_cannot_stop_it(script, tmp_path, monkeypatch, code: str) -> None:
    (tmp_path / "part").write_text(code)
    monkeypatch.setattr(script, "__file__", str(tmp_path / "part"))
    assert script.apart("cases", 1 if "sleep" in code else 60) == PARTS[code]


def test_a_worker_has_the_gpu_to_itself(fork) -> None:
    first = fork()
    with pytest.raises(NoContext, match="the worker before it still holds the GPU"):
        fork()
    first.kill()
    assert asked(fork(), b"def f(x):\n    return 2 * x\n", sent(torch.ones(2))).error is None


def test_a_worker_may_open_again_what_its_context_holds_open_and_nothing_else(fork) -> None:
    worker = fork()
    source = b"def f(path):\n    open(path, 'r+b', buffering=0).close()\n"
    assert asked(worker, source, "/dev/full").error is None
    if sandbox.probe().level:
        assert asked(worker, source, "/dev/tty").error.kind == "PermissionError"
        assert asked(worker, source, "/dev/null").error.kind == "PermissionError"


@pytest.mark.parametrize("fails", ["", "FakeDriver.check = lambda self: 1 / 0"])
def test_the_doctor_has_a_worker_use_the_gpu(machine, monkeypatch, fails: str) -> None:
    machine(BUSY)
    simulate(monkeypatch, fails)
    gpu, worker = doctor._gpu()
    assert gpu.state == "ok" and "cuda:1 is T4" in gpu.found
    assert worker.what == "worker on cuda:1"
    assert worker.state == "broken" if fails else worker.state == "ok"
    assert not fails or "ZeroDivisionError" in worker.found


def test_the_doctor_says_that_a_gpu_is_full(machine) -> None:
    machine(BUSY[:1])
    (finding,) = doctor._gpu()
    assert finding.state == "lacks" and "nvidia-smi" in finding.advice


@pytest.fixture
def real(monkeypatch) -> RealGpu:
    """The path of a real GPU, with the CPU in the place of the device."""
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", lambda *_: None)
    return RealGpu(FakeDriver("cuda:0"))


def called(real: RealGpu, function, *args: wire.Value, **options) -> wire.Reply:
    executor = Executor({"f": function}, lambda number: None, gpu=real)
    return executor.run(wire.Call("f", list(args), {}, device=wire.GPU, **options), 0)


def sent(tensor: torch.Tensor) -> wire.Tensor:
    from dlex.worker.values import encode_tensor

    return encode_tensor(tensor, layout=True)


def test_views_and_gradients_arrive_as_they_were(real) -> None:
    X = torch.arange(6.0).reshape(2, 3).T.requires_grad_()
    seen = []
    reply = called(real, lambda X: seen.append((X.stride(), X.requires_grad, X.is_leaf)) or 2 * X, sent(X))
    assert seen == [((1, 3), True, True)] and reply.error is None


class Waits(FakeDriver):
    """Says that it waited wherever tensors cross, as CUDA does."""

    def kind(self, tensor: torch.Tensor) -> str:
        waited()
        return super().kind(tensor)


def waited() -> None:
    warnings.warn("called a synchronizing CUDA operation (Triggered internally)", stacklevel=1)


def test_round_trips_are_counted(real) -> None:
    def f(X):
        for _ in range(3):
            waited()
        warnings.warn("something else", stacklevel=1)
        return X

    assert called(real, f, sent(torch.ones(2)), measure=True).cost.round_trips == 3


def test_round_trips_of_arguments_and_results_are_not_counted(real) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reply = called(RealGpu(Waits("cuda:0")), lambda X: X, sent(torch.ones(2)), measure=True)
    assert reply.cost.round_trips == 0


def test_a_call_is_timed_with_fresh_arguments_and_leaves_the_random_state_alone(real) -> None:
    driver, seen = FakeDriver("cuda:0"), []

    def f(X):
        seen.append(X.tolist())
        random.random()
        X += torch.rand(2)
        return X

    random.seed(3)
    torch.manual_seed(3)
    reply = called(RealGpu(driver), f, sent(torch.ones(2)), measure=True)
    assert reply.error is None
    after = random.random(), torch.rand(1)
    random.seed(3)
    torch.manual_seed(3)
    random.random()
    torch.rand(2)
    assert after == (random.random(), torch.rand(1))
    assert reply.cost.nanoseconds == 250_000 and driver.flushed == timing.REPEATS
    assert seen == [[1.0, 1.0]] * (1 + timing.WARM_UPS + timing.REPEATS)


def test_what_goes_wrong_when_timed_does_not_change_the_answer(real) -> None:
    calls = []

    def f(X):
        calls.append(X)
        if len(calls) > 1:
            raise SystemExit
        return 2 * X

    reply = called(real, f, sent(torch.ones(2)), measure=True)
    assert reply.error is None and reply.cost.nanoseconds == 0


def test_what_takes_long_is_not_repeated(real, monkeypatch) -> None:
    monkeypatch.setattr(timing, "PATIENCE", -1.0)
    calls = []
    assert called(real, calls.append, sent(torch.ones(2)), measure=True).cost.nanoseconds == 0
    assert len(calls) == 2


def test_an_answer_that_draws_on_the_cpu_is_handed_a_generator_of_the_cpu(real) -> None:
    tries = []

    def f(generator):
        tries.append(generator)
        if len(tries) == 1:
            raise RuntimeError("Expected a 'cpu' device type for generator but found 'cuda'")
        return torch.rand(2, generator=generator)

    assert called(real, f, wire.Generator(3)).error is None and len(tries) == 2
