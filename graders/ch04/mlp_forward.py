"""Checks of mlp."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, away_from_zero, check, sizes, tensors

SHAPES = [(2,), (1, 2), (2, 3), (3,), (1, 2, 2), (2, 1, 3), (5,), (3, 2), (2, 2, 3), (2, 1, 1, 3)]  # of one example
IMAGES = [shape for shape in SHAPES if len(shape) > 1]


@st.composite
def networks(draw, n=None, d=None, h=None, q=None, dtype=torch.float32, scale=1.0, shapes=SHAPES):
    """Examples and parameters; no sum that goes through relu is near its kink.

    `scale` is the size of inputs and sums. Results are small: entries that cancel are judged to
    absolute accuracy.
    """
    n, h, q = draw(sizes(n)), draw(sizes(h)), draw(sizes(q, most=4))
    shape = draw(st.sampled_from(shapes)) if d is None else (d,)
    X, W1 = draw(tensors((n, *shape), dtype, scale / 2)), draw(tensors((math.prod(shape), h), dtype, 0.25))
    b1 = draw(tensors((h,), dtype, scale / 4))
    b1 = b1 + scale * away_from_zero((X.reshape(n, -1) @ W1 + b1) / scale)
    W2, b2 = draw(tensors((h, q), dtype, 0.25)), draw(tensors((q,), dtype, 0.25))
    return {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2}


contract = Contract(
    "mlp",
    networks,
    single=("n", "d", "h", "q"),
    grow=({"n": 4, "d": 6, "h": 5, "q": 3}, {"n": 16, "d": 24, "h": 20, "q": 12}),
    points={"gradients": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    X, W1 = torch.tensor([[1.0, 2.0], [-1.0, 0.0]]), torch.tensor([[1.0, -1.0], [1.0, 0.0]])
    arguments = [X, W1, torch.zeros(2), torch.ones(2, 1), torch.tensor([-5.0])]
    assert_close(submission.mlp(*arguments), reference.mlp(*arguments))


@check(points=2)
@given(arguments=networks(shapes=[(1,), (2,), (3,), (6,)]))
def test_any_rows(submission, reference, arguments):
    """examples of one dimension"""
    _assert_same(submission, reference, arguments)


@check(points=2)
@given(arguments=networks(shapes=IMAGES))
def test_images(submission, reference, arguments):
    """examples of two and more dimensions"""
    _assert_same(submission, reference, arguments)


@check(points=1, hidden=True, hint="What does relu make of a sum far below 0, and what of one far above?")
@settings(max_examples=30)
@given(arguments=networks(), bias=st.sampled_from([-200.0, 200.0]))
def test_units_off_or_on(submission, reference, arguments, bias):
    """all hidden units off, or all on"""
    arguments["b1"] = torch.full_like(arguments["b1"], bias)
    _assert_same(submission, reference, arguments, magnitude=200.0)


@check(points=1, hidden=True, hint="Is there a step that serves numbers of ordinary size only?")
@settings(max_examples=30)
@given(arguments=networks(dtype=torch.float64, scale=1e5) | networks(dtype=torch.float64, scale=1e-5))
def test_large_and_tiny(submission, reference, arguments):
    """inputs of ±100,000, and tiny ones"""
    _assert_same(submission, reference, arguments)


def _assert_same(submission, reference, arguments, magnitude=0.0):
    actual, expected = submission.mlp(*arguments.values()), reference.mlp(*arguments.values())
    assert_close(actual, expected, of_largest=True, magnitude=magnitude)
