"""Checks of softmax_cross_entropy."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, labels, sizes, tensors


@st.composite
def batches(draw, n=None, q=None, dtype=torch.float32, scale=1.0):
    n, q = draw(sizes(n)), draw(sizes(q))
    return {"logits": draw(tensors((n, q), dtype, scale)), "y": draw(labels(n, q))}


@st.composite
def large_batches(draw):
    """Scores up to ±10,000 and beyond; rows that lie far apart."""
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from([1.0, 2000.0]))
    batch = draw(batches(dtype=dtype, scale=scale))
    n = len(batch["y"])
    shifts = draw(st.lists(st.sampled_from([0.0, 100.0, -100.0, 1e4, -1e4]), min_size=n, max_size=n))
    return batch | {"logits": batch["logits"] + torch.tensor(shifts, dtype=dtype)[:, None]}


GROW = ({"n": 4, "q": 6}, {"n": 16, "q": 24})
loss_contract = Contract(
    "loss", batches, single=("n", "q"), grow=GROW, points={"gradients": 2}, half=True
)
grad_contract = Contract("grad", batches, single=("n", "q"), grow=GROW, differentiable=False)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    logits, y = torch.tensor([[0.0, 0.0], [0.0, 1000.0]]), torch.tensor([0, 0])
    assert_close(submission.loss(logits, y), reference.loss(logits, y), what="the loss")
    assert_close(submission.grad(logits, y), reference.grad(logits, y), what="the gradient")


@check(points=2)
@given(batch=batches() | batches(n=16, q=20))
def test_any_loss(submission, reference, batch):
    """the loss of any batch"""
    assert_close(submission.loss(*batch.values()), reference.loss(*batch.values()))


@check(points=2)
@given(batch=batches() | batches(n=16, q=20))
def test_any_gradient(submission, reference, batch):
    """the derivatives for any batch"""
    assert_close(submission.grad(*batch.values()), reference.grad(*batch.values()))


@check(points=2, hidden=True, hint="What is exp(-10000), and what is its logarithm?")
@given(batch=large_batches())
def test_large_losses(submission, reference, batch):
    """the loss of scores of ±10,000 and beyond"""
    terms = largest(batch["logits"])
    assert_close(submission.loss(*batch.values()), reference.loss(*batch.values()), terms=terms)


@check(points=1, hidden=True, hint="What is exp(10000), and is it needed?")
@given(batch=large_batches())
def test_large_gradients(submission, reference, batch):
    """the derivatives for scores of ±10,000 and beyond"""
    magnitude = largest(batch["logits"])
    assert_close(submission.grad(*batch.values()), reference.grad(*batch.values()), magnitude=magnitude)


@check(points=1, hidden=True, hint="Is there an infinity on the way, even one that the loss does not show?")
@given(batch=large_batches())
def test_gradient_of_large_losses(submission, reference, batch):
    """the gradient that flows back through the loss of large scores"""
    logits, y = batch["logits"].requires_grad_(), batch["y"]
    weight = torch.ones((), dtype=logits.dtype)
    value, (gradient,) = submission.loss.gradients(weight, logits, y)
    expected, (expected_gradient,) = reference.loss.gradients(weight, logits, y)
    assert_close(value, expected, terms=largest(logits))
    assert_close(gradient, expected_gradient, what="the gradient of logits", magnitude=largest(logits))


def largest(logits):
    """The size of the largest score, which every right answer has to round."""
    return float(logits.detach().abs().max())
