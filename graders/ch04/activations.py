"""Checks of relu, sigmoid and tanh."""

import functools

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors

SHAPES = st.sampled_from([(), (1,), (7,), (3, 4), (2, 3, 4), (1, 2, 1, 3)])
DTYPES = st.sampled_from([torch.float32, torch.float64])
SCALES = st.sampled_from([1.0, 10.0, 40.0, 200.0, 1e4, 1e29, 1e-3, 1e-12])
CLAUSES = {"dtype": 0.5, "views": 0.5, "arguments": 0.5, "single": 0.5}


@st.composite
def entries(draw, n=None, d=None, dtype=torch.float32):
    """Numbers that are not 0: relu has a kink there."""
    X = draw(tensors((draw(sizes(n)), draw(sizes(d))), dtype))
    return {"x": torch.where(X == 0, 1.0, X)}


declare = functools.partial(
    Contract,
    inputs=entries,
    single=("n", "d"),
    grow=({"n": 4, "d": 6}, {"n": 16, "d": 24}),
    points=CLAUSES,
)
relu_contract = declare("relu", half=True)
sigmoid_contract = declare("sigmoid")
tanh_contract = declare("tanh")


@check(points=1)
def test_worked_example(submission, reference):
    """-1, 0 and 2"""
    x = torch.tensor([-1.0, 0.0, 2.0])
    assert_close(submission.relu(x), reference.relu(x), what="relu")
    assert_close(submission.sigmoid(x), reference.sigmoid(x), what="sigmoid")
    assert_close(submission.tanh(x), reference.tanh(x), what="tanh")


@check(points=1)
@given(x=SHAPES.flatmap(tensors))
def test_relu_of_any_shape(submission, reference, x):
    """relu of any shape"""
    assert_close(submission.relu(x), reference.relu(x))


@check(points=1)
@given(x=SHAPES.flatmap(tensors))
def test_sigmoid_of_any_shape(submission, reference, x):
    """sigmoid of any shape"""
    assert_close(submission.sigmoid(x), reference.sigmoid(x))


@check(points=1)
@given(x=SHAPES.flatmap(tensors))
def test_tanh_of_any_shape(submission, reference, x):
    """tanh of any shape"""
    assert_close(submission.tanh(x), reference.tanh(x))


@st.composite
def far_out(draw):
    """Numbers of up to ±1e30 and tiny ones, none of them 0, that require gradients."""
    x = draw(entries(dtype=draw(DTYPES)))["x"]
    return (x * draw(SCALES)).requires_grad_()


def assert_gradients_close(function, expected_function, x):
    """Fail unless result and gradient are the expected ones; a result that is a constant has the gradient 0."""
    weights = torch.linspace(1.0, 2.0, x.numel(), dtype=x.dtype).reshape(x.shape)
    value, (gradient,) = function.gradients(weights, x)
    expected, (expected_gradient,) = expected_function.gradients(weights, x)
    arrived = torch.zeros_like(expected_gradient) if gradient is None else gradient
    assert_close(value, expected)
    assert_close(arrived, expected_gradient, what="the gradient of x")


@check(points=1, hidden=True, hint="Does anything come between x and the result that is not finite?")
@given(x=far_out())
def test_relu_far_out(submission, reference, x):
    """relu and its gradient far from 0, and close to it"""
    assert_gradients_close(submission.relu, reference.relu, x)


@check(points=2, hidden=True, hint="What is exp(1000), and what is 0 times infinity?")
@given(x=far_out())
def test_sigmoid_far_out(submission, reference, x):
    """sigmoid and its gradient far from 0, and close to it"""
    assert_gradients_close(submission.sigmoid, reference.sigmoid, x)


@check(points=2, hidden=True, hint="What is exp(1000), and what is infinity over infinity?")
@given(x=far_out())
def test_tanh_far_out(submission, reference, x):
    """tanh and its gradient far from 0, and close to it"""
    assert_gradients_close(submission.tanh, reference.tanh, x)


SMALL = SHAPES.flatmap(tensors).map(lambda x: torch.where(x.abs() > 1, 0.0, x))


@check(points=1, hidden=True, hint="Which derivative does torch give to |x| at 0?")
@settings(max_examples=25)
@given(x=SMALL, dtype=DTYPES)
def test_sigmoid_slope_at_zero(submission, reference, x, dtype):
    """the gradient of sigmoid at 0"""
    assert_gradients_close(submission.sigmoid, reference.sigmoid, x.to(dtype).requires_grad_())


@check(points=1, hidden=True, hint="Which derivatives does torch give to |x| and to sign(x) at 0?")
@settings(max_examples=25)
@given(x=SMALL, dtype=DTYPES)
def test_tanh_slope_at_zero(submission, reference, x, dtype):
    """the gradient of tanh at 0"""
    assert_gradients_close(submission.tanh, reference.tanh, x.to(dtype).requires_grad_())
