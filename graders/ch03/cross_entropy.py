"""Checks of cross_entropy."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import (
    Contract,
    assert_close,
    assert_unchanged,
    check,
    labels,
    picture,
    probabilities,
    sizes,
)


@st.composite
def batches(draw, n=None, q=None, dtype=torch.float32, least=1):
    n, q = draw(sizes(n)), draw(sizes(q, least=least))
    return {"y_hat": draw(probabilities((n, q), dtype)), "y": draw(labels(n, q))}


contract = Contract(
    "cross_entropy",
    batches,
    single=("n", "q"),
    grow=({"n": 4, "q": 6}, {"n": 16, "q": 24}),
    points={"gradients": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    y_hat = torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]])
    y = torch.tensor([0, 2])
    assert_close(submission.cross_entropy(y_hat, y), reference.cross_entropy(y_hat, y))


@check(points=2)
@given(batch=batches() | batches(n=16, q=20))
def test_any_batch(submission, reference, batch):
    """any batch"""
    y_hat, y = batch["y_hat"], batch["y"]
    assert_close(submission.cross_entropy(y_hat, y), reference.cross_entropy(y_hat, y))


@check(points=1)
@given(batch=batches())
def test_int32_labels(submission, reference, batch):
    """int32 labels"""
    y_hat, y = batch["y_hat"], batch["y"].int()
    assert_close(submission.cross_entropy(y_hat, y), reference.cross_entropy(y_hat, y))


def with_true_class(y_hat, y, change):
    """`y_hat` with the probability of each true class changed; its rows still add up to 1."""
    wide = y_hat.double()
    is_true = torch.arange(y_hat.shape[1]) == y[:, None]
    wanted = change(wide[is_true])  # (n,)
    others = wide.masked_fill(is_true, 0.0)
    others *= ((1 - wanted) / others.sum(dim=1))[:, None]
    return torch.where(is_true, wanted[:, None], others).to(y_hat.dtype)


@check(points=2, hidden=True, hint="What is -ln(0), and does anything in the way hide it?")
@given(
    batch=batches(least=2) | batches(least=2, dtype=torch.float64),
    zeros=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_true_class_impossible(submission, reference, batch, zeros):
    """a true class with probability 0 costs inf"""
    y = batch["y"]
    y_hat = with_true_class(batch["y_hat"], y, lambda p: p.masked_fill(torch.tensor(zeros[: len(y)]), 0.0))
    seen = submission.cross_entropy.observe(y_hat, y)
    assert_close(seen.value, reference.cross_entropy(y_hat, y))
    assert_unchanged({"y_hat": y_hat, "y": y}, seen.arguments)


@check(
    points=2, hidden=True, hint="What is 0 times infinity? Leave the other classes out of the computation."
)
@given(batch=batches(least=2), zeros=st.lists(st.booleans(), min_size=36, max_size=36))
def test_other_classes_impossible(submission, reference, batch, zeros):
    """another class with probability 0 changes nothing"""
    y_hat, y = batch["y_hat"], batch["y"]
    mask = torch.tensor(zeros[: y_hat.numel()]).reshape(y_hat.shape)
    mask[torch.arange(len(y)), y] = False
    y_hat = y_hat.masked_fill(mask, 0.0)
    y_hat = (y_hat / y_hat.sum(dim=1, keepdim=True)).requires_grad_()
    weights = torch.linspace(1.0, 2.0, len(y))
    value, (gradient,) = submission.cross_entropy.gradients(weights, y_hat, y)
    expected, (expected_gradient,) = reference.cross_entropy.gradients(weights, y_hat, y)
    assert_close(value, expected)
    assert_close(gradient, expected_gradient, what="the gradient of y_hat")


@check(points=1, hidden=True)
@given(batch=batches(least=2), exponents=st.lists(st.integers(0, 37), min_size=6, max_size=6))
def test_tiny_probabilities(submission, reference, batch, exponents):
    """probabilities down to 1e-37"""
    y = batch["y"]
    scale = 10.0 ** -torch.tensor(exponents[: len(y)], dtype=torch.float64)
    y_hat = with_true_class(batch["y_hat"], y, lambda p: (p * scale).clamp(min=1e-37))
    assert_close(submission.cross_entropy(y_hat, y), reference.cross_entropy(y_hat, y))


PROBABILITIES = torch.linspace(0.0, 1.0, 41)


@picture(
    "the loss against the probability of class 0",
    kind="lines",
    axes=("probability of class 0", "loss"),
    series=("the true class is 0", "the true class is 1"),
    at=PROBABILITIES,
)
def losses(answer):
    y_hat = torch.stack([PROBABILITIES, 1 - PROBABILITIES], dim=1)  # (41, 2)
    return torch.stack([answer.cross_entropy(y_hat, torch.full((41,), label)) for label in (0, 1)])
