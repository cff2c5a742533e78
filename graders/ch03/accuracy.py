"""Checks of accuracy."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import (
    Contract,
    as_view,
    assert_close,
    assert_raises,
    assert_unchanged,
    check,
    labels,
    sizes,
    tensors,
)

NEGATIVE = {
    "plain": lambda scores: scores - 10.0,
    "large": lambda scores: (scores - 10.0) * 1e30,
    "small": lambda scores: (scores - 10.0) * 1e-9,
    "close": lambda scores: scores.double() * 1e-9 - 10.0,  # the same to float32
}


@st.composite
def batches(draw, n=None, q=None, dtype=torch.float32):
    n, q = draw(sizes(n)), draw(sizes(q))
    return {"y_hat": draw(tensors((n, q), dtype)), "y": draw(labels(n, q))}


@st.composite
def classes(draw, n=None):
    """Predicted and true classes, of which some agree, with small and with large numbers."""
    n, q = draw(sizes(n)), draw(sizes())
    first, apart = draw(st.sampled_from([(0, 1), (0, 256), (300, 1)]))
    return {name: first + apart * draw(labels(n, q)) for name in ("y_hat", "y")}


contract = Contract(
    "accuracy",
    batches,
    single=("n", "q"),
    grow=({"n": 4, "q": 6}, {"n": 16, "q": 24}),
    differentiable=False,
)


@check(points=1)
def test_worked_example(submission, reference):
    """the examples of the statement"""
    scores, y = torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]), torch.tensor([0, 2])
    assert_close(submission.accuracy(scores, y), reference.accuracy(scores, y))
    predicted, y = torch.tensor([2, 2, 1, 0]), torch.tensor([0, 2, 1, 0])
    assert_close(submission.accuracy(predicted, y), reference.accuracy(predicted, y))


@check(points=2)
@given(batch=batches() | batches(n=16, q=3) | batches(n=37))
def test_any_scores(submission, reference, batch):
    """any scores"""
    assert_close(submission.accuracy(*batch.values()), reference.accuracy(*batch.values()))


@check(points=2)
@given(batch=classes() | classes(n=20), viewed=st.booleans())
def test_predicted_classes(submission, reference, batch, viewed):
    """predicted classes instead of scores"""
    if viewed:
        batch = as_view(batch, "strided")
    seen = submission.accuracy.observe(*batch.values())
    assert_close(seen.value, reference.accuracy(*batch.values()))
    assert_unchanged(batch, seen.arguments)


@check(points=2, hidden=True, hint="Which class is predicted where two scores of a row are the largest?")
@given(n=sizes(), q=sizes(least=2), codes=st.binary(min_size=36, max_size=36), y=labels(6, 2))
def test_ties(submission, reference, n, q, codes, y):
    """of several largest scores the first counts"""
    levels = torch.tensor([code % 3 for code in codes[: n * q]])  # few levels, many ties
    y_hat = levels.reshape(n, q) - 1.0
    assert_close(submission.accuracy(y_hat, y[:n]), reference.accuracy(y_hat, y[:n]))


@check(points=1, hidden=True, hint="Which class is predicted where no score is above 0, and are close scores still apart?")
@given(batch=batches(), kind=st.sampled_from(list(NEGATIVE)))
def test_negative_scores(submission, reference, batch, kind):
    """rows of negative scores alone"""
    y_hat = NEGATIVE[kind](batch["y_hat"])
    assert_close(submission.accuracy(y_hat, batch["y"]), reference.accuracy(y_hat, batch["y"]))


@check(points=1, hidden=True, hint="What is the share of nothing?")
@given(q=sizes(), scores=st.booleans())
def test_no_examples(submission, reference, q, scores):
    """no examples: a ValueError"""
    y_hat = torch.zeros(0, q) if scores else torch.zeros(0, dtype=torch.int64)
    y = torch.zeros(0, dtype=torch.int64)
    assert_raises("ValueError", submission.accuracy, y_hat, y, mentions=NAMES)


NAMES = ("y", "example", "batch", "n ", "n=", "样本", "空")
