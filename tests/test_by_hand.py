"""What an exercise wants written by hand is switched off, under any name, and told with the line."""

from __future__ import annotations

import pytest

from dlex.grading.failures import CalledForbidden
from dlex.grading.messages import describe
from dlex.worker import sandbox, wire
from dlex.worker.by_hand import has_function, has_kernel
from dlex.worker.client import Budget
from dlex.worker.launcher import Zygote

CALLS = {
    "torch": "torch.softmax(X, dim=1)",
    "method": "X.softmax(1)",
    "functional": "F.softmax(X, dim=1)",
    "module": "nn.Softmax(dim=1)(X)",
    "log_softmax": "torch.log_softmax(X, 1).exp()",
    "special": "torch.special.log_softmax(X, 1).exp()",
    "logsumexp": "torch.exp(X - torch.logsumexp(X, 1, keepdim=True))",
    "sparse": "torch.sparse.softmax(X.to_sparse(), 1).to_dense()",
    "softmin": "F.softmin(-X, dim=1)",
    "gumbel": "F.gumbel_softmax(X, dim=1)",
    "torch.ops": "torch.ops.aten._softmax(X, 1, False)",
    "a name put together": "getattr(torch, 'soft' + 'max')(X, 1)",
    "an alias": "alias(X, 1)",
    "a swallowed exception": "swallow(X)",
    "a thread": "in_a_thread(X)",
    "modes switched off": "without_dispatch(X)",
    "TorchScript": "scripted(X)",
    "attention": "F.scaled_dot_product_attention(X[None], X[None], X[None])[0]",
    "vmap": "torch.func.vmap(lambda r: torch.softmax(r, 0))(X)",
}

SOURCE = """
import threading
import torch
import torch.nn.functional as F
from torch import nn

alias = torch.softmax
scripted = torch.jit.script(nn.Softmax(dim=1))

def by_hand(X):
    E = torch.exp(X - X.max(dim=1, keepdim=True).values)
    return E / E.sum(dim=1, keepdim=True)

def swallow(X):
    try:
        return torch.softmax(X, 1)
    except Exception:
        return by_hand(X)

def in_a_thread(X):
    box = []
    def work():
        try:
            box.append(torch.softmax(X, 1))
        except Exception:
            box.append(by_hand(X))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return box[0]

def without_dispatch(X):
    with torch._C._DisableTorchDispatch():
        return torch.softmax(X, 1)

def softmax(X):
    return CALL
"""


@pytest.fixture
def zygote_call():
    """Load a function with kernels and functions switched off, and call it."""
    zygote = Zygote(sandbox.probe().level, [])

    def run(kernels: list[str], functions: list[str]) -> object:
        budget = Budget(10, 60, 1 << 30, 1 << 10)
        budget.start_check()
        worker = zygote.fork(budget)
        worker.call(wire.encode(wire.Load(b"def f(x): return 2 * x", "a.py", kernels, functions)))
        value = worker.call(wire.encode(wire.Call("f", [21], {}))).value
        worker.kill()
        return value

    yield run
    zygote.close()


@pytest.fixture(scope="module")
def results(grade_sources):
    sources = {name: SOURCE.replace("CALL", call).encode() for name, call in CALLS.items()}
    return grade_sources("softmax", sources | {"by hand": SOURCE.replace("CALL", "by_hand(X)").encode()})


@pytest.mark.parametrize("name", CALLS)
def test_every_spelling_is_met(results, name: str) -> None:
    result = results[name]
    assert result.score == 0
    assert {check.outcome for check in result.checks} == {"forbidden"}


def test_the_message_says_what_where_and_what_to_do(results) -> None:
    message = results["torch"].checks[0].message
    assert "softmax" in message
    assert "return torch.softmax(X, dim=1)" in message
    assert "Write it with exp, max and sum." in message


def test_writing_it_by_hand_is_right(results) -> None:
    assert results["by hand"].score == results["by hand"].max_score


def test_each_group_gives_its_own_advice(course) -> None:
    (exercise,) = course.find("softmax_cross_entropy")
    softmax, losses, autograd = (group.instead for group in exercise.by_hand)
    met = {
        "softmax": [softmax],
        "logsumexp": [softmax],
        "cross_entropy_loss": [losses],
        "torch.autograd.grad": [autograd],
        "import autograd.numpy": [autograd],
        "import scipy.special": [softmax, losses],
    }
    for name, advice in met.items():
        message = describe(CalledForbidden(wire.Forbidden(name, 1, "a line")), exercise)
        assert [text for text in (softmax, losses, autograd) if text in message] == advice, message


def test_importing_the_answer_is_met_and_numpy_is_not(grade_sources, solution) -> None:
    right = solution("softmax")
    results = grade_sources(
        "softmax",
        {"scipy": b"from scipy.special import softmax\n", "numpy": b"import numpy as np\n" + right},
    )
    assert results["scipy"].status == "load_error"
    assert {check.outcome for check in results["scipy"].checks} == {"forbidden"}
    assert "line 1" in results["scipy"].message
    assert results["numpy"].score == results["numpy"].max_score


def test_losses_are_switched_off(grade_sources) -> None:
    calls = {
        "nll_loss": "F.nll_loss(torch.log(y_hat), y.long(), reduction='none')",
        "cross_entropy": "F.cross_entropy(torch.log(y_hat), y.long(), reduction='none')",
        "module": "nn.NLLLoss(reduction='none')(torch.log(y_hat), y.long())",
        "kl_div": "-F.kl_div(y_hat.log(), F.one_hot(y.long()).float(), reduction='none').sum(1)",
    }
    head = (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\ndef cross_entropy(y_hat, y):\n"
    )
    sources = {name: f"{head}    return {call}\n".encode() for name, call in calls.items()}
    for name, result in grade_sources("cross_entropy", sources).items():
        assert {check.outcome for check in result.checks} == {"forbidden"}, name


def test_no_name_in_the_course_is_misspelt(course) -> None:
    """The torch that the tests are pinned to has every kernel and function that is switched off."""
    for name, group in course.file.by_hand.items():
        assert [kernel for kernel in group.kernels if not has_kernel(kernel)] == [], name
        assert [function for function in group.functions if not has_function(function)] == [], name


def test_a_name_that_this_torch_lacks_does_no_harm(zygote_call) -> None:
    assert zygote_call(["no_such_kernel", "_softmax.no_such_overload"], ["torch.no.such.function"]) == 42
