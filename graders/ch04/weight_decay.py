"""Checks of l1_penalty, l2_penalty and sgd_step."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors

SHAPES = [(), (1,), (5,), (3, 4), (2, 1, 3), (2, 2, 1, 2)]
RATES = st.sampled_from([0.1, 0.5, 0.25, 0.01])  # never 1, which hides what is not scaled


@st.composite
def weights(draw, n=None, d=None, dtype=torch.float32):
    """A matrix without entries of 0, where the first penalty has a kink."""
    return {"w": draw(nonzero((draw(sizes(n)), draw(sizes(d))), dtype))}


def nonzero(shape, dtype=torch.float32, scale=1.0):
    return tensors(shape, dtype, scale).map(lambda w: torch.where(w == 0, scale, w))


@st.composite
def steps(draw, count=None, n=None, d=None, dtype=torch.float64):
    """Parameters of several shapes and their gradients, with flags in any order."""
    count, n, d = draw(sizes(count, most=4)), draw(sizes(n)), draw(sizes(d))
    shapes = st.sampled_from([(n, d), (d,), (d, n), (1,), ()])
    drawn = [draw(shapes) for _ in range(count)]
    return {
        "params": [(draw(tensors(shape, dtype)), draw(st.booleans())) for shape in drawn],
        "grads": [draw(tensors(shape, dtype)) for shape in drawn],
        "lr": draw(RATES),
        "weight_decay": draw(RATES),
    }


HALF_EACH = dict.fromkeys(("dtype", "views", "arguments", "single", "gradients"), 0.5)
GROW = {"n": 4, "d": 6}, {"n": 16, "d": 24}

l1_contract = Contract("l1_penalty", weights, single=("n", "d"), grow=GROW, points=HALF_EACH, half=True)
l2_contract = Contract("l2_penalty", weights, single=("n", "d"), grow=GROW, points=HALF_EACH, half=True)
contract = Contract(
    "sgd_step",
    steps,
    single=("count", "n", "d"),
    grow=({"count": 2, "n": 4, "d": 6}, {"count": 2, "n": 16, "d": 24}),
    differentiable=False,
)


@check(points=0.5)
def test_l1_example(submission, reference):
    """the first example of the statement"""
    w = torch.tensor([[3.0, -4.0]])
    assert_close(submission.l1_penalty(w), reference.l1_penalty(w))


@check(points=0.5)
def test_l2_example(submission, reference):
    """the second example of the statement"""
    w = torch.tensor([[3.0, -4.0]])
    assert_close(submission.l2_penalty(w), reference.l2_penalty(w))


@check(points=1)
def test_step_example(submission, reference):
    """the third example of the statement"""
    w, b = torch.tensor([2.0, -4.0]), torch.tensor(1.0)
    arguments = [(w, True), (b, False)], [torch.tensor([1.0, 0.0]), torch.tensor(10.0)], 0.1, 0.5
    assert_close(submission.sgd_step(*arguments), reference.sgd_step(*arguments))


@check(points=0.5, hidden=True, hint="Does anything in the code depend on how many dimensions w has?")
@settings(max_examples=40)
@given(
    w=st.sampled_from(SHAPES).flatmap(lambda shape: tensors(shape) | tensors(shape, torch.float64)),
    scale=st.sampled_from([1.0, 1e4, 0.0, 1e30]),
)
def test_l1_any_shape(submission, reference, w, scale):
    """the L1 penalty of weights of any shape and size"""
    w = w * scale
    assert_close(submission.l1_penalty(w), reference.l1_penalty(w))


@check(points=0.5, hidden=True, hint="Does anything in the code depend on how many dimensions w has?")
@settings(max_examples=30)
@given(w=st.sampled_from(SHAPES).flatmap(tensors), scale=st.sampled_from([1.0, 1e4]))
def test_l2_any_shape(submission, reference, w, scale):
    """the L2 penalty of weights of any shape and size"""
    w = w * scale
    assert_close(submission.l2_penalty(w), reference.l2_penalty(w))


@check(points=1, hidden=True, hint="What is the gradient of the L2 penalty, and what is it at w = 0?")
@settings(max_examples=25)
@given(shape=st.sampled_from(SHAPES))
def test_l2_at_zero(submission, reference, shape):
    """the gradient of the L2 penalty at 0"""
    w = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    one = torch.ones((), dtype=torch.float64)
    value, (gradient,) = submission.l2_penalty.gradients(one, w)
    assert_close(value, reference.l2_penalty(w.detach()))
    if gradient is not None:  # else it is a constant there, as of a loop that passes over zeros
        assert_close(gradient, torch.zeros_like(w), what="the gradient of w")


@check(points=2)
@given(arguments=steps())
def test_any_step(submission, reference, arguments):
    """any parameters, with any flags"""
    _assert_same(submission, reference, arguments)


@check(points=1)
@settings(max_examples=30)
@given(arguments=steps(count=3), decay=st.booleans())
def test_single_flag(submission, reference, arguments, decay):
    """all parameters decay, or none"""
    arguments["params"] = [(param, decay) for param, _decay in arguments["params"]]
    _assert_same(submission, reference, arguments)


@check(
    points=1, hidden=True, hint="What is left of the step without the penalty, and what without parameters?"
)
@settings(max_examples=30)
@given(arguments=steps() | steps(count=0), rate=st.sampled_from([0.0, 0.1]))
def test_nothing_to_do(submission, reference, arguments, rate):
    """weight_decay = 0, and an empty list"""
    arguments["weight_decay"] = rate if not arguments["params"] else 0.0
    _assert_same(submission, reference, arguments)


def _assert_same(submission, reference, arguments):
    assert_close(submission.sgd_step(*arguments.values()), reference.sgd_step(*arguments.values()))
