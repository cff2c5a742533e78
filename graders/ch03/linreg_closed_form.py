"""Checks of linreg_closed_form.

How many digits an answer can have depends on the condition of A = [X, 1]: to solve the normal equations
squares it. Data are drawn such that it is small, or such that A has no full rank by construction.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors

WELL_CONDITIONED = 6.0
MAGNITUDE = 100.0
"""The square of the condition, times the size of targets and weights: what a right answer has to round."""


@st.composite
def targets(draw, n, dtype):
    return draw(tensors(draw(st.sampled_from([(n,), (n, 1)])), dtype))


@st.composite
def datasets(draw, d=None, n=None, dtype=torch.float32):
    """More examples than unknowns, and columns that point in clearly different directions."""
    d = draw(sizes(d, most=4))
    n = n or d + 1 + draw(sizes(most=8))
    X = draw(tensors((n, d), dtype, step=1 / 16).filter(is_well_conditioned))
    return {"X": X, "y": draw(targets(n, dtype))}


def is_well_conditioned(X):
    """Whether all singular values of [X, 1] have about the same size, and no two are equal."""
    values = torch.linalg.svdvals(stacked(X))
    gaps = values[:-1] - values[1:]
    return bool(values[0] < WELL_CONDITIONED * values[-1] and (gaps > 0.05 * values[0]).all())


def stacked(X):
    return torch.cat([X.double(), torch.ones(len(X), 1).double()], dim=1)  # (n, d + 1)


def has_clear_rank(X):
    """Whether every singular value of [X, 1] is either 0, up to rounding, or not small."""
    values = torch.linalg.svdvals(stacked(X))
    return bool(((values < 1e-13 * values[0]) | (values > 0.05 * values[0])).all())


@st.composite
def few_examples(draw):
    """No more examples than features, in rows that point in different directions."""
    n = draw(sizes(most=4))
    d = n + draw(sizes(least=0, most=3))
    X = draw(tensors((n, d), torch.float64, step=1 / 16).filter(has_clear_rank))
    return {"X": X, "y": draw(targets(n, torch.float64))}


@st.composite
def dependent_columns(draw):
    """Features that are whole-numbered mixtures of fewer ones, plus a constant each."""
    X, y = draw(datasets(dtype=torch.float64)).values()
    d = X.shape[1] + draw(sizes(most=2))
    mixture = draw(tensors((X.shape[1], d), torch.float64, step=1.0))
    constants = draw(tensors((d,), torch.float64, step=1.0))
    return {"X": X @ mixture + constants, "y": y}


contract = Contract(
    "fit",
    datasets,
    single=("d",),
    grow=({"n": 8, "d": 2}, {"n": 24, "d": 4}),
    points={"gradients": 2},
    magnitude=MAGNITUDE,
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    X, y = torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([1.0, 3.0, 5.0, 7.0])
    assert_close(submission.fit(X, y), reference.fit(X, y), magnitude=MAGNITUDE)


@check(points=2)
@given(data=datasets(dtype=torch.float64))
def test_any_data(submission, reference, data):
    """any data"""
    assert_close(submission.fit(*data.values()), reference.fit(*data.values()), magnitude=MAGNITUDE)


@check(points=1)
@given(data=datasets(dtype=torch.float64))
def test_both_shapes_of_y(submission, reference, data):
    """y as a vector and as a column: the same answer"""
    X, y = data.values()
    for shape in ((-1,), (-1, 1)):
        expected = reference.fit(X, y.reshape(shape))
        assert_close(submission.fit(X, y.reshape(shape)), expected, magnitude=MAGNITUDE)


@check(points=1, hidden=True, hint="Where does the line meet the axis if the data lie far away from it?")
@settings(max_examples=30)
@given(
    data=datasets(dtype=torch.float64),
    offset=st.sampled_from([4.0, -8.0, 10.0]),
    height=st.sampled_from([-100.0, 0.0, 20.0]),
)
def test_far_from_the_origin(submission, reference, data, offset, height):
    """data that lie far from the origin"""
    X, y = data["X"] + offset, data["y"] + height
    assert_close(submission.fit(X, y), reference.fit(X, y), magnitude=1e5 * MAGNITUDE)


@check(points=1, hidden=True, hint="If all features are a thousandth as large, how large is w?")
@settings(max_examples=20)
@given(data=datasets(dtype=torch.float64))
def test_small_features(submission, reference, data):
    """features of about 0.001: small, but not 0"""
    X, y = data["X"] * 1e-3, data["y"]
    assert_close(submission.fit(X, y), reference.fit(X, y), magnitude=1e8 * MAGNITUDE)


@check(
    points=2,
    hidden=True,
    hint="How many lines go through a single point, and which has the smallest w and b?",
)
@given(data=few_examples())
def test_few_examples(submission, reference, data):
    """no more examples than features"""
    assert_close(submission.fit(*data.values()), reference.fit(*data.values()), magnitude=MAGNITUDE)


@check(
    points=2,
    hidden=True,
    hint="If two features are the same, how do they share their weight, and does your solver notice that they are?",
)
@given(data=dependent_columns().filter(lambda data: has_clear_rank(data["X"])))
def test_dependent_columns(submission, reference, data):
    """features that depend on each other"""
    assert_close(submission.fit(*data.values()), reference.fit(*data.values()), magnitude=MAGNITUDE)


@check(
    points=1, hidden=True, hint="Which other column of [X, 1] is a multiple of a feature that never changes?"
)
@settings(max_examples=30)
@given(data=datasets(dtype=torch.float64), constant=st.sampled_from([0.0, 1.0, -1.0, 2.0]))
def test_constant_feature(submission, reference, data, constant):
    """a feature that is the same for all examples"""
    X, y = data.values()
    X = torch.cat([torch.full_like(X[:, :1], constant), X], dim=1)
    assert_close(submission.fit(X, y), reference.fit(X, y), magnitude=MAGNITUDE)
