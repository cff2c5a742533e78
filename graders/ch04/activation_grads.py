"""Checks of relu_grad, sigmoid_grad and tanh_grad."""

import functools

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors

SHAPES = st.sampled_from([(), (1,), (7,), (3, 4), (2, 3, 4), (1, 2, 1, 3)])
DTYPES = st.sampled_from([torch.float32, torch.float64])
SCALES = st.sampled_from([10.0, 40.0, 200.0, 1e4, 1e29])
CLAUSES = {"dtype": 0.5, "views": 0.5, "arguments": 0.5, "single": 0.5}


def nonzero(x):
    """`x` without zeros: relu has no derivative there."""
    return torch.where(x == 0, 1.0, x)


@st.composite
def entries(draw, n=None, d=None, dtype=torch.float32):
    return {"x": nonzero(draw(tensors((draw(sizes(n)), draw(sizes(d))), dtype)))}


declare = functools.partial(
    Contract,
    inputs=entries,
    single=("n", "d"),
    grow=({"n": 4, "d": 6}, {"n": 16, "d": 24}),
    differentiable=False,
    points=CLAUSES,
)
relu_contract = declare("relu_grad")
sigmoid_contract = declare("sigmoid_grad")
tanh_contract = declare("tanh_grad")


@check(points=1)
def test_worked_example(submission, reference):
    """-1, 1 and 2"""
    x = torch.tensor([-1.0, 1.0, 2.0])
    assert_close(submission.relu_grad(x), reference.relu_grad(x), what="relu_grad")
    assert_close(submission.sigmoid_grad(x), reference.sigmoid_grad(x), what="sigmoid_grad")
    assert_close(submission.tanh_grad(x), reference.tanh_grad(x), what="tanh_grad")


@check(points=1)
@given(x=SHAPES.flatmap(tensors).map(nonzero))
def test_relu_of_any_shape(submission, reference, x):
    """the derivative of relu, any shape"""
    assert_close(submission.relu_grad(x), reference.relu_grad(x))


@check(points=1)
@given(x=SHAPES.flatmap(tensors))
def test_sigmoid_of_any_shape(submission, reference, x):
    """the derivative of sigmoid, any shape"""
    assert_close(submission.sigmoid_grad(x), reference.sigmoid_grad(x))


@check(points=1)
@given(x=SHAPES.flatmap(tensors))
def test_tanh_of_any_shape(submission, reference, x):
    """the derivative of tanh, any shape"""
    assert_close(submission.tanh_grad(x), reference.tanh_grad(x))


@st.composite
def far_out(draw):
    """Numbers of up to ±1e30, none of them 0."""
    return draw(entries(dtype=draw(DTYPES)))["x"] * draw(SCALES)


@check(points=1, hidden=True, hint="What is the slope of relu at 1,000,000?")
@given(x=far_out())
def test_relu_far_out(submission, reference, x):
    """the derivative of relu far from 0"""
    assert_close(submission.relu_grad(x), reference.relu_grad(x))


@check(points=1, hidden=True, hint="What is exp(1000), and what is infinity over infinity?")
@given(x=far_out())
def test_sigmoid_far_out(submission, reference, x):
    """the derivative of sigmoid far from 0"""
    assert_close(submission.sigmoid_grad(x), reference.sigmoid_grad(x))


@check(points=1, hidden=True, hint="What is exp(1000), and what is infinity over infinity?")
@given(x=far_out())
def test_tanh_far_out(submission, reference, x):
    """the derivative of tanh far from 0"""
    assert_close(submission.tanh_grad(x), reference.tanh_grad(x))
