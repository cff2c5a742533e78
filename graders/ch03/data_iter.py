"""Checks of data_iter."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import (
    Contract,
    Draw,
    assert_alike,
    assert_any_order,
    assert_binomial,
    assert_close,
    assert_drawn,
    assert_independent,
    assert_raises,
    check,
    sizes,
)
from dlex.grading.failures import CheckFailed, Difference
from dlex.language import _

MOST = 100  # more minibatches than any check has
TRIES = range(50)
SEEDS = st.integers(0, 2**31)
SHAPES = [(), (1,), (3,), (1, 2), (2, 1, 3)]  # of one example
LABEL_SHAPES = [(), (1,), (2,)]


def numbered(n: int, *shape: int, dtype: torch.dtype = torch.float32, step: float = 1.0) -> torch.Tensor:
    """n examples of a shape, example i around i times `step`; float64 needs all of its digits."""
    entries = torch.linspace(0.0, 1 / 7, torch.Size(shape).numel(), dtype=torch.float64).reshape(shape)
    rows = torch.arange(1, n + 1, dtype=torch.float64).reshape(n, *[1] * len(shape)) * step
    return (rows + entries + (1 / 3 if dtype.is_floating_point else 0)).to(dtype)


@st.composite
def large_datasets(draw, n=None, d=None, batch_size=None, dtype=torch.float32):
    """At least 13 examples: too many for chance to leave them in place."""
    n, d = draw(sizes(n, least=13, most=18)), draw(sizes(d, most=3))
    return {
        "batch_size": draw(sizes(batch_size, most=n + 2)),
        "features": numbered(n, d, dtype=dtype),
        "labels": numbered(n, dtype=dtype, step=10.0),
    }


@st.composite
def datasets(draw):
    n = draw(st.integers(1, 12))
    label_dtype = draw(st.sampled_from([torch.float32, torch.int64]))
    return {
        "batch_size": draw(st.integers(1, n + 2)),
        "features": numbered(n, *draw(st.sampled_from(SHAPES))),
        "labels": numbered(n, *draw(st.sampled_from(LABEL_SHAPES)), dtype=label_dtype, step=10.0),
    }


def epoch(submission, batch_size: int, features: torch.Tensor, labels: torch.Tensor, **keywords) -> list:
    """The minibatches of one epoch, if they look right from outside and hold every example once."""
    batches = submission.data_iter.collected(MOST)(batch_size, features, labels, **keywords)
    expected = zip(features.split(batch_size), labels.split(batch_size), strict=True)
    assert_alike(batches, list(expected))
    judge(Draw({"batch_size": batch_size, "features": features, "labels": labels}, batches))
    return batches


def order_of(batches: list, features: torch.Tensor) -> torch.Tensor:
    """Which example stands in each place, judged by the first number of its features; shape (n,)."""
    first = torch.cat([X for X, _y in batches]).reshape(len(features), -1)[:, 0]
    known = features.reshape(len(features), -1)[:, 0]
    return (first[:, None] - known).abs().argmin(dim=1)


def judge(draw: Draw) -> None:
    """Every example once, with its label; gradients must have found their way back to its place."""
    features, labels = draw.arguments["features"].detach(), draw.arguments["labels"].detach()
    order = order_of(draw.value, features)
    places = order.split(draw.arguments["batch_size"])
    for number, ((X, y), rows) in enumerate(zip(draw.value, places, strict=True)):
        assert_close(X, features[rows], what=_("X of minibatch {number}").format(number=number))
        what = _("y of minibatch {number}, next to this X,").format(number=number)
        assert_close(y, labels[rows], what=what)
    assert_each_once(torch.bincount(order, minlength=len(features)))
    if draw.gradients is not None:
        for name, gradient, weights in zip(
            ("features", "labels"), draw.gradients, (draw.weights[::2], draw.weights[1::2]), strict=True
        ):
            expected = torch.empty_like(gradient)
            expected[order] = torch.cat(weights)
            assert_close(gradient, expected, what=f"the gradient of {name}")


def assert_each_once(counts: torch.Tensor) -> None:
    """Fail unless every example came once."""
    if bool((counts != 1).any()):
        often, lost = int(counts.argmax()), int(counts.argmin())
        summary = _("in one epoch, example {often} comes {count} times and example {lost} never")
        summary = summary.format(often=often, count=int(counts[often]), lost=lost)
        raise CheckFailed(Difference("coverage", summary))


contract = Contract(
    "data_iter",
    large_datasets,
    single=("n", "d", "batch_size"),
    grow=({"n": 60, "batch_size": 6}, {"n": 240, "batch_size": 24}),
    judge=judge,
    collect=MOST,
)


@check(points=1)
def test_worked_example(submission, reference):
    """64 examples in minibatches of 10, the last of 4"""
    epoch(submission, 10, numbered(64, 2), numbered(64, step=10.0))


@check(points=2)
@given(arguments=datasets())
def test_any_data(submission, reference, arguments):
    """every example once, next to its label, in minibatches of the right size"""
    epoch(submission, **arguments)


@check(points=2, hidden=True, hint="Which examples can come first, and which can meet in a minibatch?")
@settings(max_examples=1)
@given(seed=SEEDS)
def test_shuffled(submission, reference, seed):
    """every order is equally likely"""
    n, batch_size = 600, 60
    features, labels = numbered(n, 1), numbered(n, step=10.0)
    place, orders = torch.arange(n), []
    for generator in [None] * 10 + [torch.Generator().manual_seed(seed)] * 10:
        order = order_of(epoch(submission, batch_size, features, labels, generator=generator), features)
        rising = int((order[::2] < order[1::2]).sum())
        what = _("of {total} neighbours come in the order of the dataset").format(total=n // 2)
        assert_binomial(rising, n // 2, 1 / 2, what)
        assert_independent(
            order < n // 2, place < n // 2, _("first half of the dataset, first half of the epoch")
        )
        what = _("even places in the dataset, and in the epoch")
        assert_independent(order % 2 == 0, place % 2 == 0, what)
        orders.append(order)
    assert_any_order(torch.stack(orders))


@check(points=1, hidden=True, hint="Where do the random numbers of the second epoch come from?")
def test_fresh_order(submission, reference):
    """every epoch has an order of its own"""
    features, labels = numbered(40, 2), numbered(40, step=10.0)
    orders = torch.stack([order_of(epoch(submission, 4, features, labels), features) for _epoch in range(10)])
    if len(orders.unique(dim=0)) < len(orders):
        raise CheckFailed(Difference("statistics", _("two epochs had the very same order of 40 examples")))
    stuck = (orders == orders[0]).all(dim=0)  # a right answer gets here with a probability of 40 / 40**9
    if stuck.any():
        place = int(stuck.nonzero()[0])
        summary = _("in 10 epochs, the same one of 40 examples had place {place}").format(place=place)
        raise CheckFailed(Difference("statistics", summary))
    features, labels = numbered(2, 1), numbered(2, step=10.0)
    for batch_size in (1, 2):
        firsts = [int(order_of(epoch(submission, batch_size, features, labels), features)[0]) for _ in TRIES]
        if len(set(firsts)) == 1:  # by chance, once in 2**49 times
            summary = _("in {count} epochs, two examples came in the same order every time")
            raise CheckFailed(Difference("statistics", summary.format(count=len(firsts))))


@check(points=1, hint="Do all random numbers come from `generator`?")
@settings(max_examples=3)
@given(seed=SEEDS, step=st.integers(1, 1000))
def test_generator(submission, reference, seed, step):
    """the same seed gives the same order, another seed another one"""
    features, labels = numbered(40, 2), numbered(40, step=10.0)
    first, again, other = (
        epoch(submission, 2, features, labels, generator=torch.Generator().manual_seed(number))
        for number in (seed, seed, seed + step)
    )
    assert_close(again, first)
    if order_of(first, features).tolist() == order_of(other, features).tolist():
        summary = _("generators seeded with {seed} and {other} gave the very same order of 40 examples")
        raise CheckFailed(Difference("statistics", summary.format(seed=seed, other=seed + step)))
    data_iter, fresh = submission.data_iter.collected(MOST), torch.Generator().manual_seed(seed)
    assert_drawn(data_iter.observe(2, features, labels, generator=fresh), "generator")


@check(points=1)
@settings(max_examples=5)
@given(data=datasets())
def test_bad_batch_size(submission, reference, data):
    """a batch_size below 1 raises ValueError"""
    data_iter = submission.data_iter.collected(MOST)
    words = ("batch_size", "batch", "Batch", "BATCH", "批")
    for batch_size in (0, -1, -2, -12):
        assert_raises("ValueError", data_iter, batch_size, data["features"], data["labels"], mentions=words)
