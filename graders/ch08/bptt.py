"""Checks of bptt."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, picture, sizes, tensors

GROWTH = 1e9  # where gradients grow, the rounding of an early state grows with them


@st.composite
def networks(draw, T=None, n=None, d=None, h=None, q=None, dtype=torch.float64, scale=0.5):
    """Inputs, targets, start state and parameters. `scale` is the size of inputs and states.

    In float32 all are half as large: entries that cancel are judged to absolute accuracy.
    """
    T, n, d, h, q = (draw(sizes(size, most=5)) for size in (T, n, d, h, q))
    half = 0.5 if dtype is torch.float64 else 0.25
    shapes = {
        "X": ((T, n, d), 2 * half * scale),
        "Y": ((T, n, q), half),
        "H0": ((n, h), 2 * half * scale),
        "W_xh": ((d, h), half / 2),
        "W_hh": ((h, h), half / 2),
        "b_h": ((h,), half * scale / 2),
        "W_hq": ((h, q), half / 2),
        "b_q": ((q,), half / 2),
    }
    return {name: draw(tensors(shape, dtype, size)) for name, (shape, size) in shapes.items()}


@st.composite
def long_networks(draw, gains, scales):
    """Many steps with a W_hh that stretches every state by the same gain."""
    T, n, d, h, q = draw(sizes(least=20, most=60)), *(draw(sizes(most=3)) for _ in range(4))
    arguments = draw(networks(T, n, d, h, q, scale=draw(scales)))
    rotation = torch.linalg.qr(arguments["W_hh"]).Q  # (h, h)
    return arguments | {"W_hh": draw(gains) * rotation}


contract = Contract(
    "bptt",
    networks,
    single=("T", "n", "d", "h", "q"),
    grow=({"T": 4, "n": 2, "d": 2, "h": 3, "q": 2}, {"T": 4, "n": 12, "d": 9, "h": 10, "q": 8}),
    differentiable=False,
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    zero, one = torch.zeros(1), torch.ones(1, 1)
    arguments = [
        torch.zeros(2, 1, 1),
        torch.full((2, 1, 1), 3.0),
        torch.zeros(1, 1),
        one,
        one,
        zero,
        one,
        zero,
    ]
    assert_close(submission.bptt(*arguments), reference.bptt(*arguments))


@check(
    points=1,
    hint="For T = 2, n = 1 and q = 3, how many squares does the statement add up, and by what does it divide?",
)
@settings(max_examples=30)
@given(arguments=networks())
def test_loss(submission, reference, arguments):
    """the loss"""
    answer, expected = submission.bptt(*arguments.values()), reference.bptt(*arguments.values())
    assert_close(_pair(answer, expected)[0], expected[0], what="the loss")


@check(
    points=1,
    hint="What do W_hq and b_q act on at one step? Which steps and sequences have a share in their gradients?",
)
@settings(max_examples=30)
@given(arguments=networks())
def test_output_gradients(submission, reference, arguments):
    """the gradients of W_hq and b_q"""
    answer, expected = submission.bptt(*arguments.values()), reference.bptt(*arguments.values())
    gradients = _pair(answer, expected)[1]
    for name in ("W_hq", "b_q"):
        if not isinstance(gradients, dict) or name not in gradients:
            assert_close(gradients, expected[1], what="the second result")
        what = f"the gradient of {name}"
        assert_close(gradients[name], expected[1][name], what=what, of_largest=True)


@check(
    points=2,
    hint="Take T = 2 and a single unit, and work out the gradient of W_hh by hand. At which step do your numbers part?",
)
@given(arguments=networks())
def test_any_sequences(submission, reference, arguments):
    """loss and all gradients, for any sequences"""
    _assert_same(submission, reference, arguments)


@check(points=1, hidden=True, hint="With a single step, which gradients depend on H0?")
@settings(max_examples=30)
@given(arguments=networks(T=1))
def test_single_step(submission, reference, arguments):
    """a single step from a start state"""
    _assert_same(submission, reference, arguments)


@check(points=1, hidden=True, hint="How far back does the gradient have to go?")
@settings(max_examples=20)
@given(arguments=long_networks(st.sampled_from([0.5, 0.25, 0.9]), st.sampled_from([0.5, 0.01])))
def test_long_contracting(submission, reference, arguments):
    """long sequences that forget"""
    _assert_same(submission, reference, arguments)


@check(points=3, hidden=True, hint="Does anything keep gradients from growing from step to step?")
@settings(max_examples=30)
@given(arguments=long_networks(st.sampled_from([2.0, 1.25, 1.5]), st.sampled_from([1e-3, 1e-4, 0.5])))
def test_long_expanding(submission, reference, arguments):
    """long sequences whose gradients grow"""
    _assert_same(submission, reference, arguments, magnitude=GROWTH)


@check(points=1, hidden=True, hint="What do tanh and its slope become far away from 0?")
@settings(max_examples=30)
@given(arguments=networks(scale=2e3))
def test_saturated_states(submission, reference, arguments):
    """inputs so large that tanh is flat"""
    _assert_same(submission, reference, arguments)


def _assert_same(submission, reference, arguments, magnitude=0.0):
    actual, expected = submission.bptt(*arguments.values()), reference.bptt(*arguments.values())
    assert_close(actual, expected, of_largest=True, magnitude=magnitude)


def _pair(answer, expected):
    """The answer, if it is a loss and something more."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        assert_close(answer, expected)
    return answer


STEPS = 30
GAINS = (0.7, 1.0, 1.3)


@picture(
    "how far back the loss of the last step reaches",
    kind="lines",
    axes=("step", "log10 of the norm"),
    series=("W_hh scales by 0.7", "W_hh scales by 1", "W_hh scales by 1.3"),
    at=torch.arange(1, STEPS + 1),
)
def gradient_norms(answer):
    return torch.stack([norms_of_steps(answer, gain) for gain in GAINS])


def norms_of_steps(answer, gain):
    """The size of the gradient that arrives at each step.

    Step t has the t-th unit vector as its input: row t of the gradient of W_xh is all that step's.
    """
    angle = torch.tensor(0.5, dtype=torch.float64)
    W_hh = gain * torch.stack([angle.cos(), angle.sin(), -angle.sin(), angle.cos()]).reshape(2, 2)
    X = torch.eye(STEPS, dtype=torch.float64)[:, None]  # (T, 1, T)
    zeros, one = torch.zeros(1, 2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    Y = torch.zeros(STEPS, 1, 2, dtype=torch.float64)
    Y[-1] = 1.0
    W_xh = torch.zeros(STEPS, 2, dtype=torch.float64)
    _loss, gradients = answer.bptt(X, Y, zeros, W_xh, W_hh, zeros[0], one, zeros[0])
    return gradients["W_xh"].norm(dim=1).clamp(min=1e-8).log10()
