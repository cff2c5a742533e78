"""Checks of softmax."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, picture, sizes, tensors

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
@given(arguments=logits() | logits(n=16, q=20))
def test_any_scores(submission, reference, arguments):
    """any scores"""
    X = arguments["X"]
    assert_close(submission.softmax(X), reference.softmax(X))


@check(points=2, hidden=True, hint="What is exp(1000), and what is exp(-1000)?")
@given(arguments=logits(scale=2000.0), huge=st.booleans())
def test_large_scores(submission, reference, arguments, huge):
    """scores of ±10,000 and beyond"""
    X = arguments["X"]
    if huge:
        X = 1e27 * one_above_all(X)
        assert_close(submission.softmax(X), reference.softmax(X))
    else:
        assert_close(submission.softmax(X), reference.softmax(X), magnitude=float(X.abs().max()))


def one_above_all(X):
    """`X` with every score but one of each row 1,000 lower: the probabilities are 1 and 0."""
    is_top = torch.arange(X.shape[1]) == X.argmax(dim=1, keepdim=True)
    return torch.where(is_top, X, X - 1000.0)


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
@given(
    arguments=logits(),
    masked=st.lists(st.booleans(), min_size=36, max_size=36),
    kept=st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_minus_infinity(submission, reference, arguments, masked, kept):
    """a score of -inf gets probability 0, exactly"""
    X = arguments["X"]
    n, q = X.shape
    mask = torch.tensor(masked[: X.numel()]).reshape(X.shape)
    mask[torch.arange(n), torch.tensor(kept[:n]) % q] = False  # every row keeps one score
    X = X.masked_fill(mask, -INF)
    P = submission.softmax(X)
    assert_close(P, reference.softmax(X))
    zeros = torch.ones(int(mask.sum()), dtype=torch.bool)
    assert_close(P[mask] == 0, zeros, what="`softmax(X) == 0` where X is -inf")


@picture("probabilities; in the lower half of scores that are hard", axes=("class", "example"))
def probabilities(answer):
    X = 2 * torch.sin(torch.arange(48.0) ** 1.3).reshape(6, 8)
    X[3] += 1000.0
    X[4] -= 1000.0
    X[5, ::2] = -torch.inf
    return answer.softmax(X)
