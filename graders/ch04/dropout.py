"""Checks of dropout."""

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
    assert_independent,
    assert_raises,
    check,
    opposite_entries,
    picture,
    sizes,
    tensors,
)
from dlex.grading.failures import CheckFailed, Difference
from dlex.language import _

P = st.sampled_from([0.25, 0.1, 0.2, 0.6, 0.75, 0.8, 0.9])  # never 1/2, which hides p and 1 - p mixed up
SHAPES = [(), (1,), (7,), (3, 4), (2, 3, 4), (3, 2, 5), (2, 3, 2, 4)]
SEEDS = st.integers(0, 2**31)


@st.composite
def inputs(draw, n=None, d=None, dtype=torch.float32):
    return {"X": draw(nonzero((draw(sizes(n)), draw(sizes(d))), dtype)), "p": draw(P)}


def nonzero(shape, dtype=torch.float32):
    """Entries that are not 0, so that the result shows which of them were kept."""
    return tensors(shape, dtype).map(lambda X: torch.where(X == 0, 1.0, X))


def ones(*shape: int) -> torch.Tensor:
    """Entries from 1 to 2."""
    return torch.linspace(1.0, 2.0, torch.Size(shape).numel()).reshape(shape)


def dropped(submission, X: torch.Tensor, p: float, **keywords) -> torch.Tensor:
    """The result of a call, if it looks like X from outside."""
    value = submission.dropout(X, p, **keywords)
    assert_alike(value, X)
    return value


def judge(draw: Draw) -> None:
    """Every entry must be 0 or x / (1 - p), and gradients must have passed just the latter."""
    X, p, value = draw.arguments["X"].detach(), draw.arguments["p"], draw.value
    kept = value != 0
    assert_close(value, torch.where(kept, X.double() / (1 - p), 0.0).to(X.dtype))
    if draw.gradients is not None:
        (weights,), (gradient,) = draw.weights, draw.gradients
        expected = torch.where(kept, weights / (1 - p), 0.0)
        assert_close(gradient, expected, what="the gradient of X")


contract = Contract(
    "dropout",
    inputs,
    single=("n", "d"),
    grow=({"n": 8, "d": 12}, {"n": 16, "d": 24}),
    points={"gradients": 2},
    judge=judge,
)


@check(points=1)
def test_worked_example(submission, reference):
    """one fifth dropped, the others times 1.25"""
    X = torch.arange(1.0, 65.0).reshape(8, 8)
    value = dropped(submission, X, 0.2)
    judge(Draw({"X": X, "p": 0.2}, value))
    if not value.any():
        raise CheckFailed(Difference("statistics", _("all of the 64 entries are 0")))


@check(points=1)
@settings(max_examples=8)
@given(entries=nonzero((48,)), p=P, scale=st.sampled_from([1.0, 1e30, 1e-30]))
def test_any_shape(submission, reference, entries, p, scale):
    """any shape, entries of any size"""
    for shape in SHAPES:
        X = entries[: math.prod(shape)].reshape(shape)
        value = dropped(submission, X * scale, p)
        judge(Draw({"X": X, "p": p}, value / scale))


@check(points=1)
@settings(max_examples=25)
@given(arguments=inputs(dtype=torch.float32) | inputs(dtype=torch.float64))
def test_p_zero(submission, reference, arguments):
    """p = 0 changes nothing"""
    X = arguments["X"]
    value = dropped(submission, X, 0.0)
    lost = value == 0
    unlucky = int(lost.sum()) == 1  # torch.rand gives 0 once in 2**24 times, then `rand > 0` drops an entry
    assert_close(value, torch.where(lost, 0.0, X) if unlucky else X)


@check(points=1, hidden=True, hint="What is 0 / 0?")
@settings(max_examples=25)
@given(arguments=inputs())
def test_p_one(submission, reference, arguments):
    """p = 1 gives zeros"""
    X = arguments["X"]
    assert_close(submission.dropout(X, 1.0), torch.zeros_like(X))


@check(points=1)
@settings(max_examples=10)
@given(arguments=inputs())
def test_evaluation(submission, reference, arguments):
    """training=False gives X, whatever p is"""
    X = arguments["X"].requires_grad_()
    weights = torch.linspace(1.0, 2.0, X.numel()).reshape(X.shape)
    for p in (arguments["p"], 0.0, 1.0):
        value, (gradient,) = submission.dropout.gradients(weights, X, p, training=False)
        assert_close(value, X.detach())
        if gradient is None:
            summary = _("no gradient reaches {name}: the result is cut off from it").format(name="X")
            raise CheckFailed(Difference("gradient", summary))
        assert_close(gradient, weights, what="the gradient of X")


@check(points=3, hidden=True, hint="Which share of the entries becomes 0 for p = 0.1, and which for p = 0.9?")
@settings(max_examples=1)
@given(seed=SEEDS)
def test_kept_fraction(submission, reference, seed):
    """a share of p is dropped"""
    # 1 - p is far from 0, 1/4, 1/2, 3/4 and 1: four rows are too few. At 0.1 it takes more entries to
    # tell a half from the share of normal numbers above p.
    # A p that is rounded to percents shows at 0.005.
    for p, size in ((0.005, 10_000), (0.1, 3000), (0.35, 1000), (0.6, 1000), (0.85, 1000)):
        wide, tall = ones(4, size), ones(size, 4)
        for X, generator in ((wide, None), (tall, torch.Generator().manual_seed(seed))):
            kept = int((dropped(submission, X, p, generator=generator) != 0).sum())
            what = _("of {total:,} entries are kept for p = {p}").format(total=X.numel(), p=p)
            assert_binomial(kept, X.numel(), 1 - p, what)


@check(points=2, hidden=True, hint="How many random numbers are drawn, and for which shape?")
@settings(max_examples=1)
@given(seed=SEEDS)
def test_independent_entries(submission, reference, seed):
    """every entry is dropped on its own"""
    generator = torch.Generator().manual_seed(seed)
    for X, p, source in ((ones(60, 70), 0.1, None), (ones(12, 16, 20), 0.6, generator)):
        kept = dropped(submission, X, p, generator=source) != 0
        for what, first, second in opposite_entries(kept):
            told = _("{what} do not have luck of their own").format(what=what)
            assert_independent(first, second, told)


@check(points=1, hidden=True, hint="Is the number of dropped entries the same in every call?")
def test_number_varies(submission, reference):
    """how many entries are dropped is random too"""
    inputs = [ones(10, columns) for columns in range(8, 32)]
    kept = [int((dropped(submission, X, 0.3) != 0).sum()) for X in inputs]
    if all(abs(count - 0.7 * X.numel()) < 1.01 for count, X in zip(kept, inputs, strict=True)):
        # a right answer gets here with a probability of 6e-18: a product of 24 binomial ones
        summary = _("in 24 calls, exactly 30 % of the entries were dropped")
        raise CheckFailed(Difference("statistics", summary))


@check(points=1, hidden=True, hint="Where do the random numbers of the second call come from?")
def test_fresh_mask(submission, reference):
    """every call draws afresh"""
    X = ones(40, 30)
    first, second, third = (dropped(submission, X, 0.4) for _call in range(3))
    if torch.equal(first, second) or torch.equal(second, third) or torch.equal(first, third):
        raise CheckFailed(Difference("statistics", _("two calls dropped the very same entries of 1,200")))


@check(points=1, hint="Do all random numbers come from `generator`?")
@settings(max_examples=3)
@given(seed=SEEDS, step=st.integers(1, 1000))
def test_generator(submission, reference, seed, step):
    """the same seed drops the same entries, another seed others"""
    X = ones(40, 30)
    first, again, other = (
        dropped(submission, X, 0.4, generator=torch.Generator().manual_seed(number))
        for number in (seed, seed, seed + step)
    )
    if not torch.equal(first, again):
        summary = _("two generators seeded with {seed} dropped different entries of 1,200")
        raise CheckFailed(Difference("statistics", summary.format(seed=seed)))
    if torch.equal(first, other):
        summary = _("generators seeded with {seed} and {other} dropped the very same entries of 1,200")
        raise CheckFailed(Difference("statistics", summary.format(seed=seed, other=seed + step)))


@check(points=1)
@settings(max_examples=5)
@given(arguments=inputs(), large=st.floats(1.001, 100.0))
def test_bad_p(submission, reference, arguments, large):
    """a p outside [0, 1] raises ValueError"""
    for p in (-1.0, 2.0, -0.1, 1.1, large):
        assert_raises("ValueError", submission.dropout, arguments["X"], p, mentions=("p",))


@picture("ones, of which three in ten are dropped", at_random=True, axes=("column", "row"))
def mask(answer):
    return answer.dropout(torch.ones(16, 24), 0.3, generator=torch.Generator().manual_seed(1))
