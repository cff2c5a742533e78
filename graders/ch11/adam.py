"""Checks of adam_step."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, picture, sizes, tensors
from dlex.language import _

STEPS = st.sampled_from([1, 2, 3, 10, 100, 10_000])


@st.composite
def states(draw, shape, dtype, scale=1.0, t=STEPS):
    """A parameter at step t; before the first step both moments are zero."""
    t = draw(t)
    param, grad = draw(tensors(shape, dtype)), draw(tensors(shape, dtype, scale))
    m, v = draw(tensors(shape, dtype, scale)), draw(tensors(shape, dtype, scale)) ** 2
    if t == 1:
        m, v = torch.zeros_like(m), torch.zeros_like(v)
    return {"param": param, "grad": grad, "m": m, "v": v, "t": t}


@st.composite
def matrices(draw, n=None, d=None, dtype=torch.float32):
    return draw(states((draw(sizes(n)), draw(sizes(d))), dtype))


def settings_of_adam():
    return st.fixed_dictionaries(
        {
            "lr": st.sampled_from([0.1, 0.01, 1.0]),
            "beta1": st.sampled_from([0.9, 0.5, 0.8, 0.95]),
            "beta2": st.sampled_from([0.999, 0.9, 0.99, 0.7]),
            "eps": st.sampled_from([1e-8, 1e-3, 0.1]),
        }
    )


contract = Contract(
    "adam_step",
    matrices,
    single=("n", "d"),
    grow=({"n": 4, "d": 6}, {"n": 16, "d": 24}),
    differentiable=False,
    points={"arguments": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    param, grad, zero = torch.tensor([1.0, 2.0]), torch.tensor([10.0, -2.0]), torch.zeros(2)
    assert_close(
        submission.adam_step(param, grad, zero, zero, t=1, lr=0.1),
        reference.adam_step(param, grad, zero, zero, t=1, lr=0.1),
    )


@check(
    points=2,
    hint="Work out m', v' and both corrected moments by hand for one gradient, at t = 1 and at t = 2. Print yours: which is the first that differs?",
)
@given(state=matrices(dtype=torch.float64), options=settings_of_adam())
def test_any_step(submission, reference, state, options):
    """any step, with any lr, beta1, beta2 and eps"""
    assert_close(
        submission.adam_step(*state.values(), **options), reference.adam_step(*state.values(), **options)
    )


@check(points=1, hidden=True, hint="Does anything in the code depend on how many dimensions param has?")
@settings(max_examples=30)
@given(
    state=st.sampled_from([(), (3,), (1,), (2, 1, 3), (2, 2, 1, 2)]).flatmap(
        lambda s: states(s, torch.float32)
    )
)
def test_any_shape(submission, reference, state):
    """parameters of any shape, 0-d as well"""
    assert_close(submission.adam_step(*state.values()), reference.adam_step(*state.values()))


@check(
    points=1,
    hidden=True,
    hint="After the first step, what is the corrected first moment, in terms of the gradient?",
)
@settings(max_examples=30)
@given(
    state=st.sampled_from([1.0, 1e-3, 1e3, 1e12]).flatmap(
        lambda scale: states((2, 3), torch.float32, scale, t=st.just(1))
    ),
    lr=st.sampled_from([1e-3, 0.1]),
)
def test_first_step(submission, reference, state, lr):
    """the first step, for gradients of any size"""
    assert_close(submission.adam_step(*state.values(), lr), reference.adam_step(*state.values(), lr))


@check(
    points=1,
    hidden=True,
    hint="How much do the corrections still matter when t is large, and for which beta?",
)
@settings(max_examples=30)
@given(
    state=states((2, 3), torch.float64, t=st.just(10_000)),
    beta2=st.sampled_from([0.999, 0.9999]),
)
def test_late_step(submission, reference, state, beta2):
    """step 10,000"""
    arguments = [*state.values(), 0.1, 0.9, beta2]
    assert_close(submission.adam_step(*arguments), reference.adam_step(*arguments))


@check(points=1, hidden=True, hint="What is divided by what if every gradient so far was zero?")
@settings(max_examples=30)
@given(state=states((2, 3), torch.float32))
def test_zero_gradient(submission, reference, state):
    """a gradient of zero"""
    state["grad"] = torch.zeros_like(state["grad"])
    assert_close(submission.adam_step(*state.values()), reference.adam_step(*state.values()))


@check(points=2, hidden=True, hint="Where exactly does eps enter, and to what is it added?")
@given(
    state=st.tuples(
        st.sampled_from([1e-8, 1e-7, 1e-9]), st.sampled_from([torch.float64, torch.float32])
    ).flatmap(lambda drawn: states((2, 3), drawn[1], drawn[0]))
)
def test_tiny_gradients(submission, reference, state):
    """gradients about as small as eps"""
    lr = 0.1 if state["param"].dtype == torch.float64 else 1e-3  # 1 - beta2 in float32 has four digits
    assert_close(submission.adam_step(*state.values(), lr), reference.adam_step(*state.values(), lr))


@check(points=3, hidden=True, hint="What does the next step expect in m and v?")
def test_trajectory(submission, reference):
    """200 steps towards a minimum"""
    start = torch.tensor([3.0, -0.25, 1.0], dtype=torch.float64)
    mine = wanted = start, torch.zeros_like(start), torch.zeros_like(start)
    for t in range(1, 201):
        mine = submission.adam_step(*_with_gradient(mine), t, 0.05)
        wanted = reference.adam_step(*_with_gradient(wanted), t, 0.05)
        assert_close(mine, wanted, what=_("the result of step {t}").format(t=t))


def _with_gradient(state):
    """param, grad, m and v, where grad is the gradient of a sum of parabolas at param."""
    param, m, v = state
    curvature = torch.tensor([0.1, 1.0, 2.0], dtype=torch.float64)
    return param, curvature * (param - torch.arange(3)), m, v


@picture(
    "30 steps through a long valley",
    kind="path",
    axes=("x1", "x2"),
    over=lambda x1, x2: 0.1 * x1**2 + 2 * x2**2,
    within=(-5.5, 2.0, -2.8, 2.0),
)
def steps(answer):
    place = torch.tensor([-5.0, -2.0], dtype=torch.float64)
    m = v = torch.zeros(2, dtype=torch.float64)
    places = [place]
    for t in range(1, 31):
        gradient = torch.tensor([0.2, 4.0], dtype=torch.float64) * place
        place, m, v = answer.adam_step(place, gradient, m, v, t, 0.3)
        places.append(place)
    return torch.stack(places)
