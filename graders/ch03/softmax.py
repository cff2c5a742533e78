"""Checks of softmax."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors

INF = float("inf")


@st.composite
def logits(draw, n=None, q=None, dtype=torch.float32, scale=1.0):
    return {"X": draw(tensors((draw(sizes(n)), draw(sizes(q))), dtype, scale))}


contract = Contract(
    "softmax", logits, single=("n", "q"), grow=({"n": 4, "q": 6}, {"n": 16, "q": 24}), points={"gradients": 2}
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    X = torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]])
    assert_close(submission.softmax(X), reference.softmax(X))


@check(points=2)
@given(arguments=logits())
def test_any_scores(submission, reference, arguments):
    """any scores"""
    X = arguments["X"]
    assert_close(submission.softmax(X), reference.softmax(X))


@check(points=2, hidden=True, hint="What is exp(1000), and what is exp(-1000)?")
@given(arguments=logits(scale=2000.0))
def test_large_scores(submission, reference, arguments):
    """scores up to ±10,000"""
    X = arguments["X"]
    assert_close(submission.softmax(X), reference.softmax(X), magnitude=float(X.abs().max()))


@check(
    points=1, hidden=True, hint="Which constant, subtracted from every score of a row, keeps exp() in range?"
)
@given(
    arguments=logits(),
    shifts=st.lists(st.sampled_from([-1e4, -100.0, 0.0, 100.0, 1e4]), min_size=6, max_size=6),
)
def test_rows_far_apart(submission, reference, arguments, shifts):
    """rows that lie far apart"""
    X = arguments["X"] + torch.tensor(shifts[: len(arguments["X"])])[:, None]
    assert_close(submission.softmax(X), reference.softmax(X), magnitude=float(X.abs().max()))


@check(points=1, hidden=True, hint="exp(-inf) is 0: where does the -inf meet another infinity?")
@given(arguments=logits(), masked=st.lists(st.booleans(), min_size=36, max_size=36))
def test_minus_infinity(submission, reference, arguments, masked):
    """a score of -inf gets probability 0"""
    X = arguments["X"]
    mask = torch.tensor(masked[: X.numel()]).reshape(X.shape)
    mask[:, 0] = False  # every row keeps one score
    X = X.masked_fill(mask, -INF)
    assert_close(submission.softmax(X), reference.softmax(X))
