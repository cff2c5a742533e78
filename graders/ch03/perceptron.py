"""Checks of perceptron.

Entries are whole numbers and a bias lies halfway between two: scores are exact, and none is 0 by chance.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_unchanged, check, sizes, tensors

EPOCHS = 6
SCALES = (1.0, 2.0**-22, 2.0**-100, 2.0**100)
CLOSE = 2.0**-30  # to float64 it is something beside the scores here, and every sum is exact
HALF_POINTS = dict.fromkeys(("dtype", "views", "single", "requires_grad", "device"), 0.5)


def whole_numbers(shape, dtype, scale=1.0):
    return tensors(shape, dtype, scale, step=1.0)


@st.composite
def biases(draw, dtype=torch.float32):
    return draw(whole_numbers(draw(st.sampled_from([(), (1,)])), dtype)) + 0.5


@st.composite
def weights(draw, d, dtype):
    """Whole numbers; in float64 with more digits than float32 has."""
    return draw(whole_numbers((d,), dtype, 1.0 if dtype is torch.float32 else 1 + 2.0**-24))


@st.composite
def batches(draw, n=None, d=None, dtype=torch.float32):
    n, d = draw(sizes(n)), draw(sizes(d))
    return {
        "X": draw(whole_numbers((n, d), dtype)),
        "w": draw(weights(d, dtype)),
        "b": draw(biases(dtype)),
    }


@st.composite
def lessons(draw, d=None, dtype=torch.float32):
    """Weights, bias, and one example with its class."""
    d = draw(sizes(d))
    return {
        "w": draw(weights(d, dtype)),
        "b": draw(biases(dtype)),
        "x": draw(whole_numbers((d,), dtype)),
        "y": draw(st.integers(0, 1)),
    }


predict = Contract(
    "predict",
    batches,
    single=("n", "d"),
    grow=({"n": 4, "d": 6}, {"n": 16, "d": 24}),
    differentiable=False,
    points=HALF_POINTS,
)

update = Contract(
    "update",
    lessons,
    single=("d",),
    grow=({"d": 6}, {"d": 24}),
    differentiable=False,
    points=HALF_POINTS,
)


@check(points=1)
def test_worked_predictions(submission, reference):
    """predict: the example of the statement"""
    X = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    w, b = torch.tensor([1.0, 2.0]), torch.tensor(-1.0)
    assert_close(submission.predict(X, w, b), reference.predict(X, w, b))


@check(points=1)
def test_worked_update(submission, reference):
    """update: the example of the statement"""
    w, b, x = torch.tensor([1.0, 2.0]), torch.tensor(-1.0), torch.ones(2)
    assert_close(submission.update(w, b, x, 0), reference.update(w, b, x, 0))


@check(points=2)
@given(arguments=batches() | batches(n=16, d=20))
def test_any_predictions(submission, reference, arguments):
    """predict: any examples"""
    assert_close(submission.predict(*arguments.values()), reference.predict(*arguments.values()))


@check(points=2)
@given(lesson=lessons() | lessons(dtype=torch.float64), lr=st.sampled_from([1.0, 0.5, 2.0, 0.25]))
def test_any_update(submission, reference, lesson, lr):
    """update: any example, with any learning rate"""
    assert_close(submission.update(*lesson.values(), lr=lr), reference.update(*lesson.values(), lr=lr))


@check(points=1)
@settings(max_examples=30)
@given(lesson=lessons())
def test_labels_in_tensors(submission, reference, lesson):
    """update: the class in a tensor"""
    lesson["y"] = torch.tensor(lesson["y"])
    seen = submission.update.observe(*lesson.values())
    assert_close(seen.value, reference.update(*lesson.values()))
    assert_unchanged({"y": lesson["y"]}, seen.arguments[-1:])


@check(points=1, hidden=True, hint="To which class does a score of 0 belong, and does the sign of a tiny one survive?")
@settings(max_examples=30)
@given(arguments=batches() | batches(dtype=torch.float64), row=st.integers(0, 5))
def test_scores_of_zero(submission, reference, arguments, row):
    """predict: scores of exactly 0, and just beside it"""
    X, w, b = arguments.values()
    b = -(X[row % len(X)] @ w).reshape(b.shape)
    for beside in around(b):
        assert_close(submission.predict(X, w, beside), reference.predict(X, w, beside))


def around(b):
    """A bias, and in float64 one just below and one just above it."""
    return (b, b - CLOSE, b + CLOSE) if b.dtype is torch.float64 else (b,)


@check(points=1, hidden=True, hint="Which sign does a score of -1e-30 have, and does your code still see it?")
@settings(max_examples=15)
@given(arguments=batches())
def test_scores_of_any_size(submission, reference, arguments):
    """predict: tiny and huge scores"""
    X, w, b = arguments.values()
    for scale in SCALES:
        assert_close(submission.predict(X * scale, w, b * scale), reference.predict(X * scale, w, b * scale))


@check(points=1, hidden=True, hint="Is a prediction of 1 right or wrong here, and what follows for w and b?")
@settings(max_examples=30)
@given(lesson=lessons() | lessons(dtype=torch.float64))
def test_updates_at_zero(submission, reference, lesson):
    """update: an example with a score of exactly 0, or just beside it"""
    for b in around(-(lesson["x"] @ lesson["w"]).reshape(lesson["b"].shape)):
        lesson["b"] = b
        assert_close(submission.update(*lesson.values()), reference.update(*lesson.values()))


@check(points=1, hidden=True, hint="How large is y minus its prediction where the prediction is right?")
@settings(max_examples=20)
@given(lesson=lessons())
def test_right_predictions(submission, reference, lesson):
    """update: nothing to learn from an example that is predicted right"""
    w, b, x, _ = lesson.values()
    y = int(x @ w + b >= 0)
    for scale in SCALES:
        arguments = w, b * scale, x * scale, y
        assert_close(submission.update(*arguments), reference.update(*arguments))


@check(points=2, hidden=True, hint="Follow w and b by hand for the first three examples.")
def test_learns_to_separate(submission, reference):
    """learns to separate two classes, one example at a time"""
    X = torch.tensor([[0.0, 0], [1, 1], [2, 2], [2, 0], [3, 1], [-1, 2], [1, 3], [4, 0]])
    y = (X.sum(dim=1) > 3).long()
    mine = wanted = torch.zeros(2), torch.zeros(1)
    for _ in range(EPOCHS):
        for x, label in zip(X, y, strict=True):
            mine, wanted = submission.update(*mine, x, label), reference.update(*wanted, x, label)
            assert_close(mine, wanted)
    assert_close(submission.predict(X, *mine), y)
