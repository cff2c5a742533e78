"""Mistakes with devices are found, and named, on a machine without a GPU; what a GPU accepts passes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from hypothesis import settings

from dlex.grading.attempt import Attempt
from dlex.grading.calls import Counted, Functions
from dlex.grading.failures import Raised
from dlex.grading.session import grade
from dlex.results.records import CheckResult, ExerciseResult
from dlex.submission import Source, Submission
from dlex.worker import sandbox
from dlex.worker.client import Budget
from dlex.worker.launcher import Zygote

NOTHING = Source("nothing.py", None, "not handed in", missing=True)


@dataclass(frozen=True)
class Wrong:
    """A submission that loses the check of devices and no other: by which mistake, told how."""

    exercise: str
    source: str
    mistake: str
    says: tuple[str, ...]
    outcome: str = "error"
    line: int = 0


WRONG = {
    "result": Wrong(
        "corr2d",
        """
import torch
def corr2d(X, K):
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError("K does not fit into X")
    Y = torch.zeros(h - kh + 1, w - kw + 1, dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y
""",
        "cpu_result",
        (
            "the result is on the CPU, but X is on a GPU: `torch.zeros` made a CPU tensor in line 7",
            "(Y = torch.zeros(h - kh + 1, w - kw + 1, dtype=X.dtype))",
            "Pass device=X.device, or use X.new_zeros.",
        ),
        outcome="failed",
        line=7,
    ),
    "mask": Wrong(
        "dropout",
        """
import torch
def dropout(X, p, training=True, generator=None):
    if not 0 <= p <= 1:
        raise ValueError("p")
    if not training or p == 0:
        return X
    if p == 1:
        return torch.zeros_like(X)
    kept = torch.rand(X.shape, generator=generator) >= p
    return kept * X / (1 - p)
""",
        "cpu_random_numbers",
        ("line 11", "`mul` meets tensors on a GPU and on the CPU", "`torch.rand`", "torch.rand_like(X)"),
        line=11,
    ),
    "table": Wrong(
        "positional_encoding",
        """
import torch
def encoding_table(n, d):
    steps = torch.arange(n, dtype=torch.float64)[:, None]
    angles = steps / 10000 ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :d]
def positional_encoding(X):
    return X + encoding_table(X.shape[1], X.shape[2]).to(X.dtype)
""",
        "cpu_tensor",
        ("line 8", "`torch.arange` made a CPU tensor in line 4", "Pass device=X.device."),
        line=8,
    ),
    "mask of lengths": Wrong(
        "multi_head_attention",
        """
import torch
def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h, (b, n), m = W_q.shape[1], Q.shape[:2], K.shape[1]
    if h % num_heads:
        raise ValueError("num_heads")
    projected = Q @ W_q, K @ W_k, V @ W_v
    q, k, v = (A.unflatten(2, (num_heads, -1)).transpose(1, 2) for A in projected)
    scores = q @ k.mT / q.shape[-1] ** 0.5
    seen = torch.ones(b, 1, 1, m, dtype=torch.bool)
    if valid_lens is not None:
        seen = torch.arange(m) < valid_lens.reshape(b, 1, -1, 1)
    scores = scores.masked_fill(~seen, float("-inf"))
    return (torch.softmax(scores, 3) @ v).transpose(1, 2).flatten(2) @ W_o
""",
        "cpu_tensor",
        ("`masked_fill` meets tensors", "`torch.ones` made a CPU tensor in line 10", "device=Q.device"),
        line=13,
    ),
    "state": Wrong(
        "bptt",
        """
import torch
def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, _ = X.shape
    H = [H0]
    for x in X:
        H.append(torch.tanh(x @ W_xh + H[-1] @ W_hh + b_h))
    before, after = torch.stack(H[:-1]), torch.stack(H[1:])
    E = after @ W_hq + b_q - Y
    dO, carry, dZ = E / (T * n), torch.zeros(n, H0.shape[1], dtype=X.dtype), []
    for t in reversed(range(T)):
        dZ.insert(0, (dO[t] @ W_hq.T + carry) * (1 - after[t] ** 2))
        carry = dZ[0] @ W_hh.T
    dZ = torch.stack(dZ)
    return (E**2).sum() / (2 * T * n), {
        "W_xh": torch.einsum("tnd,tnh->dh", X, dZ),
        "W_hh": torch.einsum("tng,tnh->gh", before, dZ),
        "b_h": dZ.sum((0, 1)),
        "W_hq": torch.einsum("tnh,tnq->hq", after, dO),
        "b_q": dO.sum((0, 1)),
    }
""",
        "cpu_tensor",
        ("`add` meets tensors", "`torch.zeros` made a CPU tensor in line 10", "X.new_zeros"),
        line=12,
    ),
    "identity": Wrong(
        "cross_entropy",
        """
import torch
def cross_entropy(y_hat, y):
    chosen = torch.eye(y_hat.shape[1], dtype=torch.bool)[y]
    return -torch.where(chosen, y_hat, torch.ones_like(y_hat)).log().sum(1)
""",
        "cpu_tensor",
        ("a tensor on the CPU is indexed by one on a GPU", "`torch.eye`", "Pass device=y_hat.device."),
        line=4,
    ),
    "moved": Wrong(
        "softmax",
        """
import torch
def softmax(X):
    E = torch.exp(X - X.max(1, keepdim=True).values).cpu()
    return E / E.sum(1, keepdim=True)
""",
        "moved_to_cpu",
        ("the result is on the CPU", "`Tensor.cpu` left a tensor on the CPU in line 4", "Move it with"),
        outcome="failed",
        line=4,
    ),
}  # fmt: skip

SOFTMAX = """
    E = torch.exp(X - X.max(1, keepdim=True).values)
    return E / E.sum(1, keepdim=True)
"""
RIGHT = {  # softmax, in ways that a GPU accepts
    "decides when loaded": f"""
import torch
DEVICE = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
def softmax(X):
    X = X + torch.zeros(X.shape, device=DEVICE)
{SOFTMAX}""",
    "asks for a GPU at every call": f"""
import torch
from torch.cuda import is_available
def softmax(X):
    X = X + torch.zeros(X.shape, device="cuda" if is_available() else "cpu")
{SOFTMAX}""",
    "on cuda only by name": f"""
import torch
def softmax(X):
    X = X + (torch.zeros(X.shape).cuda() if X.is_cuda else 0)
{SOFTMAX}""",
    "keeps what it made": f"""
import torch
ZEROS = {{}}
def softmax(X):
    if X.shape not in ZEROS:
        ZEROS[X.shape] = torch.zeros(X.shape, device=X.device)
    X = X + ZEROS[X.shape]
{SOFTMAX}""",
    "looks at the type": f"""
import torch
def softmax(X):
    if type(X) is not torch.Tensor:
        raise TypeError("X is no tensor")
{SOFTMAX}""",
    "in a thread": """
import threading
import torch
def work(X, box):
    E = torch.exp(X - X.max(1, keepdim=True).values + torch.zeros(1, device=X.device))
    box.append(E / E.sum(1, keepdim=True))
def softmax(X):
    box = []
    thread = threading.Thread(target=work, args=(X, box))
    thread.start()
    thread.join()
    return box[0]
""",
    "prints when loaded": f"""
import torch
print("loaded once")
def softmax(X):
{SOFTMAX}""",
}

NUMPY = """
import numpy as np
import torch
def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    p, g, m, v = (np.array(x.detach(), dtype=np.float64) for x in (param, grad, m, v))
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return tuple(torch.tensor(x, dtype=param.dtype, device=param.device) for x in (p, m, v))
"""


@pytest.fixture(scope="module")
def results(course) -> dict[str, ExerciseResult]:
    """All of them, graded in one session."""
    wanted = {name: wrong.exercise for name, wrong in WRONG.items()} | dict.fromkeys(RIGHT, "softmax")
    wanted |= {"numpy": "adam"}
    sources = {name: wrong.source for name, wrong in WRONG.items()} | RIGHT | {"numpy": NUMPY}
    exercises = {name: course.find(exercise)[0] for name, exercise in wanted.items()}
    distinct = list({exercise.id: exercise for exercise in exercises.values()}.values())
    submissions = [
        Submission(
            name,
            {e.id: NOTHING for e in distinct} | {exercise.id: Source("answer.py", sources[name].encode())},
        )
        for name, exercise in exercises.items()
    ]
    with few_examples():
        graded = grade(course, distinct, submissions)
    return {
        result.submission: next(e for e in result.exercises if e.id == exercises[result.submission].id)
        for result in graded
    }


@contextlib.contextmanager
def few_examples() -> Iterator[None]:
    """Draw few examples: what goes wrong with devices goes wrong with all of them."""
    profile = settings.get_profile("dlex")
    settings.register_profile("dlex", profile, max_examples=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlex.grading.contract.EXAMPLES", 4)
        yield
    settings.register_profile("dlex", profile)


def lost(result: ExerciseResult) -> list[CheckResult]:
    return [check for check in result.checks if check.outcome != "passed"]


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_found_and_named(results, name: str) -> None:
    wanted = WRONG[name]
    (check,) = lost(results[name])
    assert check.name == "contract[device]" and check.outcome == wanted.outcome
    assert check.mistake.name == wanted.mistake
    assert check.line == wanted.line
    for text in wanted.says:
        assert text in check.message


@pytest.mark.parametrize("name", [*RIGHT, "numpy"])
def test_what_a_gpu_accepts_passes_and_so_does_numpy(results, name: str) -> None:
    assert [(check.name, check.message) for check in lost(results[name])] == []


def test_what_a_file_prints_when_loaded_is_printed_once(results) -> None:
    assert results["prints when loaded"].output.count("loaded once") == 1


SOURCE = b"""
import threading
import torch
from torch import nn

class Doubles(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.full(grad.shape, 2.0)

def double(x):
    return Doubles.apply(x)

def apply_twice(f, x):
    return f(f(x)) + torch.zeros(3, device=x.device)

def draw(x, generator, device):
    return x + torch.rand(3, generator=generator, device=x.device if device else None).to(x.device)

def make_layer():
    return nn.Linear(3, 2)

def table(n):
    return torch.arange(n)

def in_a_thread(x):
    box = []
    thread = threading.Thread(target=lambda: box.append(x + torch.ones(3, device=x.device)))
    thread.start()
    thread.join()
    return box[0]

def count_up(x):
    for _step in range(10_000):
        x = x + 1
    return x

def with_mode(x):
    return x * 2 if x.is_cuda else x * 3

def catches(x):
    try:
        x.numpy()
    except TypeError:
        pass
    for _step in range(10_000):
        x = x + 1
    return x

def gives_up(x):
    try:
        x + torch.ones(3)
    except RuntimeError:
        pass
    return x
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with contextlib.closing(Zygote(sandbox.probe().level, [])) as zygote:
        yield zygote


@pytest.fixture
def attempt(zygote: Zygote, course) -> Iterator[Attempt]:
    budget = Budget(20.0, 60.0, 1 << 30, 1 << 10)
    budget.start_check()
    attempt = Attempt(zygote, budget, course.find("adam")[0], SOURCE, "entropy")
    attempt.start()
    yield attempt
    attempt.close()


@pytest.fixture
def submission(attempt: Attempt) -> Functions:
    return Functions(attempt)


X = torch.tensor([1.0, 2.0, 3.0])


def test_a_backward_pass_on_the_cpu_is_a_fault(submission) -> None:
    with pytest.raises(Raised, match="same device") as failure:
        submission.double.on_gpu().gradients(torch.ones(3), X.clone().requires_grad_())
    fault = failure.value.fault
    assert (fault.kind, fault.made_by, fault.source) == (
        "mixed", "", "return grad * torch.full(grad.shape, 2.0)"
    )  # fmt: skip
    value, (gradient,) = submission.double.gradients(torch.ones(3), X.clone().requires_grad_())
    assert torch.equal(value, 2 * X) and torch.equal(gradient, torch.full((3,), 2.0))


def test_a_lent_function_takes_and_gives_tensors_of_the_gpu(submission) -> None:
    assert torch.equal(submission.apply_twice.on_gpu()(Counted(lambda x: x * x), X), X**4)


@pytest.mark.parametrize("device", [True, False])
def test_a_generator_that_is_handed_over_fits_both_devices(submission, device: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    first, again = (submission.draw.on_gpu()(X, generator, device) for _call in range(2))
    assert torch.equal(first, again) and not torch.equal(first, X)


def test_a_layer_can_be_moved_to_the_gpu(submission) -> None:
    layer = submission.make_layer.on_gpu()()
    with pytest.raises(Raised) as failure:
        layer.forward.on_gpu()(X)
    assert failure.value.fault.made_by == "nn.Parameter"
    layer.to.on_gpu()("cuda")
    assert layer.forward.on_gpu()(X).shape == (2,)
    assert layer.attribute("weight").shape == (2, 3)


def test_without_tensors_among_the_arguments_a_result_may_be_anywhere(submission) -> None:
    assert torch.equal(submission.table.on_gpu()(3), torch.arange(3))


@pytest.mark.parametrize("name", ["in_a_thread", "count_up", "catches"])
def test_what_the_pretend_gpu_cannot_do_is_done_on_the_cpu(submission, attempt, name: str) -> None:
    value = getattr(submission, name).on_gpu()(X)
    assert torch.equal(value, getattr(submission, name)(X)) and not hasattr(value, "elsewhere")
    assert [reply.fault and reply.fault.kind for reply in attempt.transcript] == ["limits", None]


def test_the_gpu_is_there_for_calls_on_it_only(submission) -> None:
    assert torch.equal(submission.with_mode.on_gpu()(X), 2 * X)
    assert torch.equal(submission.with_mode(X), 3 * X)


def test_a_fault_that_is_caught_is_none(submission, attempt) -> None:
    assert torch.equal(submission.gives_up.on_gpu()(X), X)
    assert attempt.transcript[-1].fault is None
