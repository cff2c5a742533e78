"""Checks of mlp_backward."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, away_from_zero, check, labels, sizes, tensors

NAMES = ("the loss", "dW1", "db1", "dW2", "db2")


@st.composite
def networks(draw, n=None, d=None, h=None, q=None, dtype=torch.float64):
    """Examples, classes and parameters; no sum that goes through relu is near its kink.

    Results are small: entries that cancel are judged to absolute accuracy.
    """
    n, d, h, q = draw(sizes(n)), draw(sizes(d)), draw(sizes(h)), draw(sizes(q))
    X, W1, b1 = (draw(tensors(shape, dtype, 0.25)) for shape in ((n, d), (d, h), (h,)))
    b1 = b1 + away_from_zero(X @ W1 + b1, 0.02)
    W2, b2 = draw(tensors((h, q), dtype, 0.25)), draw(tensors((q,), dtype, 0.25))
    return {"X": X, "y": draw(labels(n, q)), "W1": W1, "b1": b1, "W2": W2, "b2": b2}


contract = Contract(
    "mlp_backward",
    networks,
    single=("n", "d", "h", "q"),
    grow=({"n": 4, "d": 3, "h": 5, "q": 2}, {"n": 12, "d": 9, "h": 14, "q": 8}),
    differentiable=False,
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    zero = torch.zeros(2)
    arguments = [
        torch.tensor([[2.0]]),
        torch.tensor([1]),
        torch.ones(1, 2),
        zero,
        torch.zeros(2, 2),
        zero,
    ]
    assert_close(submission.mlp_backward(*arguments), reference.mlp_backward(*arguments))


@check(points=1)
@settings(max_examples=30)
@given(arguments=networks())
def test_loss(submission, reference, arguments):
    """the loss"""
    _assert_parts(submission, reference, arguments, slice(0, 1))


@check(points=2)
@settings(max_examples=30)
@given(arguments=networks())
def test_output_layer(submission, reference, arguments):
    """the gradients of W2 and b2"""
    _assert_parts(submission, reference, arguments, slice(3, 5))


@check(points=2)
@settings(max_examples=30)
@given(arguments=networks())
def test_hidden_layer(submission, reference, arguments):
    """the gradients of W1 and b1"""
    _assert_parts(submission, reference, arguments, slice(1, 3))


@check(points=1)
@given(arguments=networks())
def test_any_batch(submission, reference, arguments):
    """loss and all gradients, for any batch"""
    _assert_same(submission, reference, arguments)


@check(points=1, hidden=True, hint="Through which hidden units does a gradient pass?")
@settings(max_examples=30)
@given(arguments=networks(), off=st.lists(st.booleans(), min_size=6, max_size=6))
def test_units_off_or_on(submission, reference, arguments, off):
    """hidden units that are off, or on, for every example"""
    sign = 1.0 - 2.0 * torch.tensor(off[: len(arguments["b1"])])
    arguments["b1"] = (sign * 20.0).to(arguments["b1"].dtype)
    _assert_same(submission, reference, arguments)


@check(points=2, hidden=True, hint="What is exp(10000), and what is the logarithm of exp(-10000)?")
@settings(max_examples=30)
@given(arguments=networks(q=3), large=st.sampled_from(["b2", "W2"]))
def test_large_scores(submission, reference, arguments, large):
    """scores of ±10,000"""
    arguments[large] = arguments[large] * 20_000.0  # W2 takes the rows far apart from each other
    _assert_same(submission, reference, arguments, magnitude=float(arguments[large].abs().max()))


def _assert_same(submission, reference, arguments, magnitude=0.0):
    actual = submission.mlp_backward(*arguments.values())
    expected = reference.mlp_backward(*arguments.values())
    assert_close(actual, expected, of_largest=True, magnitude=magnitude)


def _assert_parts(submission, reference, arguments, which):
    actual = submission.mlp_backward(*arguments.values())
    expected = reference.mlp_backward(*arguments.values())
    if not isinstance(actual, tuple) or len(actual) != len(expected):
        assert_close(actual, expected)
    for name, mine, wanted in zip(NAMES[which], actual[which], expected[which], strict=True):
        assert_close(mine, wanted, what=name, of_largest=True)
