"""Checks of xavier_uniform.

All tests of random numbers are exact: each fails a right answer with a probability below 1e-12, and
a check makes at most some hundred of them. Sizes are far from equal: near fan_in = fan_out, too many
wrong bounds look like each other.
"""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import (
    Contract,
    Draw,
    assert_alike,
    assert_binomial,
    assert_close,
    assert_distribution,
    assert_drawn,
    assert_independent,
    assert_mean,
    check,
    opposite_entries,
)
from dlex.grading.failures import CheckFailed, Difference
from dlex.grading.statistics import FALSE_ALARM
from dlex.language import _

LARGE = st.sampled_from([(420, 60), (60, 420), (400, 50), (50, 400)])  # 20,000 entries and more
SHAPE = 25, 175  # of 4,375 entries
SEEDS = st.integers(0, 2**31)
ROUNDING = 1e-6  # of the bound
REPEATED = 500  # of 25,200 entries; there are 2**23 sizes, so that about 38 come twice by chance
FEW = 64
GRID = 2**-22  # a float32 may come out as 0: of all numbers, that share is below any limit


@st.composite
def fans(draw, fan_in=None, fan_out=None):
    """Two sizes; one that is not given is large, so that chance evens out."""
    many = draw(st.integers(2_000, 2_100))
    return {"fan_in": fan_in or many, "fan_out": fan_out or many}


def judge(draw: Draw) -> None:
    """All entries must be within the bound, and the largest of many close to it."""
    W, bound = draw.value, bound_of(draw.arguments["fan_in"], draw.arguments["fan_out"])
    largest = float(W.abs().max())
    if not largest <= bound * (1 + ROUNDING):
        outside = int((W.abs() > bound).sum() + W.isnan().sum())
        summary = _("{outside:,} of {total:,} entries are not within ±{bound:.4g}")
        summary = summary.format(outside=outside, total=W.numel(), bound=bound)
        raise CheckFailed(Difference("statistics", summary, up_to(largest), up_to(bound)))
    chance = W.numel() * math.log(min(1.0, largest / bound + GRID))  # that all are this small, as logarithm
    if chance < math.log(FALSE_ALARM):
        summary = _("none of {total:,} entries is beyond ±{largest:.4g}, expected some close to ±{bound:.4g}")
        summary = summary.format(total=W.numel(), largest=largest, bound=bound)
        raise CheckFailed(Difference("statistics", summary, up_to(largest), up_to(bound)))


def up_to(bound: float) -> str:
    return _("up to ±{bound:.4g}").format(bound=bound)


def bound_of(fan_in: int, fan_out: int) -> float:
    return math.sqrt(6 / (fan_in + fan_out))


def drawn(submission, fan_in: int, fan_out: int, **keywords) -> torch.Tensor:
    """The result of a call, if it looks right from outside."""
    W = submission.xavier_uniform(fan_in, fan_out, **keywords)
    assert_alike(W, torch.empty(fan_in, fan_out))
    return W


contract = Contract(
    "xavier_uniform",
    fans,
    single=("fan_in", "fan_out"),
    grow=({"fan_in": 25, "fan_out": 175}, {"fan_in": 60, "fan_out": 420}),
    judge=judge,
    clauses=("single", "operations"),
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    judge(Draw({"fan_in": 350, "fan_out": 50}, drawn(submission, 350, 50)))


@check(points=2)
@given(fan_in=st.integers(1, 40), fan_out=st.integers(1, 40))
def test_any_size(submission, reference, fan_in, fan_out):
    """the bound, for any numbers of inputs and outputs"""
    judge(Draw({"fan_in": fan_in, "fan_out": fan_out}, drawn(submission, fan_in, fan_out)))


@check(points=2)
@settings(max_examples=3)
@given(sizes=LARGE)
def test_variance(submission, reference, sizes):
    """the variance is 2 / (fan_in + fan_out)"""
    W, largest = drawn(submission, *sizes), bound_of(*sizes) ** 2
    what = _("the mean square of {total:,} entries").format(total=W.numel())
    assert_mean(W.double() ** 2, largest / 3, 0.0, largest, what)


@check(points=1, hidden=True, hint="Which share of the weights is negative?")
@settings(max_examples=3)
@given(sizes=LARGE)
def test_centred(submission, reference, sizes):
    """half of the weights are negative"""
    W = drawn(submission, *sizes)
    what = _("of {total:,} entries are negative").format(total=W.numel())
    assert_binomial(int((W < 0).sum()), W.numel(), 0.5, what)


@check(points=2, hidden=True, hint="Is a weight near 0 more likely than one near the bound?")
@settings(max_examples=3)
@given(sizes=LARGE, seed=SEEDS)
def test_spread(submission, reference, sizes, seed):
    """every number within the bound has the same chance"""
    for generator in (None, torch.Generator().manual_seed(seed)):
        W, bound = drawn(submission, *sizes, generator=generator), bound_of(*sizes)
        what = _("of {total:,} entries, divided by the bound,").format(total=W.numel())
        assert_distribution(W / bound, lambda x: ((x + 1) / 2).clamp(0, 1), what)


@check(points=1, hidden=True, hint="How many random numbers are drawn?")
@settings(max_examples=2)
@given(sizes=LARGE, seed=SEEDS)
def test_independent_entries(submission, reference, sizes, seed):
    """every entry is drawn on its own"""
    for generator in (None, torch.Generator().manual_seed(seed)):
        high = (W := drawn(submission, *sizes, generator=generator)).median() < W
        for what, first, second in opposite_entries(high):
            told = _("{what} are above or below the middle together").format(what=what)
            assert_independent(first, second, told)
        repeated = W.numel() - len(W.abs().unique())
        if repeated > REPEATED:
            summary = _("{repeated:,} of {total:,} entries are the same number as another, up to the sign")
            summary = summary.format(repeated=repeated, total=W.numel())
            raise CheckFailed(Difference("statistics", summary))


@check(points=1, hidden=True, hint="Where do the random numbers of the second call come from?")
def test_fresh_weights(submission, reference):
    """every call draws afresh"""
    first, second, third = (drawn(submission, *SHAPE).flatten().sort().values for _call in range(3))
    if torch.equal(first, second) or torch.equal(second, third) or torch.equal(first, third):
        raise CheckFailed(Difference("statistics", _("two calls gave the very same 4,375 numbers")))
    single = torch.cat([drawn(submission, 1, 1) for _call in range(FEW)])
    different = len(single.abs().unique())
    if different < FEW - 4:  # the same four times by chance: once in 10**20 calls
        summary = _("{calls} calls for a single weight gave {different} different numbers, up to the sign")
        raise CheckFailed(Difference("statistics", summary.format(calls=FEW, different=different)))
    assert_drawn(submission.xavier_uniform.observe(*SHAPE), "torch")


@check(points=2, hint="Do all random numbers come from `generator`?")
@settings(max_examples=3)
@given(seed=SEEDS, step=st.integers(1, 1000))
def test_generator(submission, reference, seed, step):
    """the same seed gives the same weights, another seed others"""
    first, again, other = (
        drawn(submission, *SHAPE, generator=torch.Generator().manual_seed(number))
        for number in (seed, seed, seed + step)
    )
    assert_close(again, first)
    if torch.equal(first, other):
        summary = _("generators seeded with {seed} and {other} gave the very same 4,375 weights")
        raise CheckFailed(Difference("statistics", summary.format(seed=seed, other=seed + step)))
    fresh = torch.Generator().manual_seed(seed)
    assert_drawn(submission.xavier_uniform.observe(*SHAPE, generator=fresh), "generator")
