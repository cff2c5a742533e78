"""The way to a real GPU, with everything simulated but the GPU."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch

from dlex import devices, doctor
from dlex.batch.pool import Pool
from dlex.devices import resolve
from dlex.errors import MachineError, UsageError
from dlex.grading.session import PRETEND, grade
from dlex.submission import Source, Submission
from dlex.worker import client, sandbox, wire
from dlex.worker.client import Budget, Worker, Zygote, ZygoteDied
from dlex.worker.executor import Executor
from dlex.worker.gpu.real import RealGpu

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
    finding = doctor._gpu()
    assert finding.state == "lacks" and told in finding.found and finding.advice


def test_a_gpu_that_is_not_there_or_is_full_is_told(machine) -> None:
    machine(BUSY)
    with pytest.raises(MachineError, match=r"no cuda:2"):
        resolve("cuda:2")
    with pytest.raises(MachineError, match=r"T4\) has 300 MB free"):
        resolve("cuda")
    assert doctor._gpu().state == "ok" and "cuda:1 is T4" in doctor._gpu().found


def test_what_torch_was_built_for_is_read_without_importing_it(monkeypatch, tmp_path) -> None:
    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(devices.importlib.util, "find_spec", lambda name: Spec)
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
def test_the_commands_refuse_a_gpu_that_is_not_there(dlex, tmp_path) -> None:
    done = dlex("check", "softmax", "--device", "cuda")
    assert done.returncode == 4 and "there is no GPU to grade on" in done.stderr
    done = dlex("grade", str(ROOT / "solutions"), "--cluster", "local", "--device", "cuda")
    assert done.returncode == 2 and "a cluster grades on CPUs" in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_script_for_a_gpu_says_that_there_is_none() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "gpu-test")], capture_output=True, text=True
    )
    assert done.returncode == 4
    assert json.loads(done.stdout)["device"] is None


@pytest.fixture(scope="module")
def graded(course) -> dict:
    """Softmax, graded with every call on the pretend GPU."""
    (exercise,) = course.find("softmax")
    right = exercise.path("solutions").read_bytes()
    moved = right.replace(b"return X_exp /", b"X_exp = X_exp.cpu(); return X_exp /")
    sources = {"right": right, "on the CPU": moved}
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
    waiting = Worker(Zygote(0, [], "cuda:0"), 1, os.pidfd_open(os.getpid()), ours, output, Budget(1, 1, 1, 1))
    monkeypatch.setattr(client.signal, "pidfd_send_signal", lambda *_: None)
    yield waiting, theirs
    waiting.kill()
    theirs.close()
    os.close(_unused)


def test_a_worker_says_when_its_context_is_there(worker) -> None:
    waiting, theirs = worker
    theirs.send(client.READY)
    waiting.await_context()
    assert waiting.alive


@pytest.mark.parametrize("says", [b"", b"nonsense"])
def test_a_worker_that_gets_no_context_is_the_machines_fault(worker, says: bytes) -> None:
    waiting, theirs = worker
    theirs.send(says) if says else None
    with pytest.raises(ZygoteDied, match="no context on cuda:0"):
        waiting.await_context()


def test_devices_and_variables_of_the_gpu_reach_its_workers_only(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setattr(sandbox.glob, "glob", lambda pattern: ["/dev/nvidia0", "/dev/nvidiactl"])
    with_gpu = sandbox.command(2, "{}", 5, [], "cuda:0")
    assert "/dev/nvidia0" in with_gpu and "CUDA_VISIBLE_DEVICES" in with_gpu
    without = sandbox.command(2, "{}", 5, [])
    assert "/dev/nvidia0" not in without and "CUDA_VISIBLE_DEVICES" not in without


@pytest.fixture
def real(monkeypatch) -> RealGpu:
    """The path of a real GPU, with the CPU in the place of the device."""
    for name in ("synchronize", "set_sync_debug_mode"):
        monkeypatch.setattr(torch.cuda, name, lambda *_: None)
    return RealGpu("cpu")


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


def test_round_trips_are_counted(real) -> None:
    def f(X):
        for _ in range(3):
            warnings.warn("called a synchronizing CUDA operation (Triggered internally)", stacklevel=1)
        warnings.warn("something else", stacklevel=1)
        return X

    assert called(real, f, sent(torch.ones(2)), measure=True).cost.round_trips == 3


def test_an_answer_that_draws_on_the_cpu_is_handed_a_generator_of_the_cpu(real) -> None:
    tries = []

    def f(generator):
        tries.append(generator)
        if len(tries) == 1:
            raise RuntimeError("Expected a 'cpu' device type for generator but found 'cuda'")
        return torch.rand(2, generator=generator)

    assert called(real, f, wire.Generator(3)).error is None and len(tries) == 2
