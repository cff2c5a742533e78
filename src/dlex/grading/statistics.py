"""Exact tests for answers that draw random numbers.

A right answer must not fail by bad luck, and no seed may be picked because it happens to pass. So
each test computes its probability exactly, from the distribution itself, or bounds it from above for
every number of draws, and fails only where a right answer would show as much in fewer than one of
10^12 runs (`FALSE_ALARM`). A check may make a thousand such tests and still raise fewer than one
false alarm in 10^9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import exp, lgamma, log, log1p

import torch

from dlex.grading.calls import Observation
from dlex.grading.failures import CheckFailed, Difference
from dlex.language import _

FALSE_ALARM = 1e-12
_NEGLIGIBLE = 1e-17  # next to the sum of the terms before it


def binomial_test(successes: int, trials: int, p: float) -> float:
    """How likely is a count at least as far out, if each trial succeeds with probability p?

    Twice the smaller tail of the binomial distribution, at most 1.

    >>> binomial_test(0, 10, 0.5) == 2 / 1024
    True
    """
    if p in (0.0, 1.0):
        return float(successes == p * trials)
    return _two_sided(successes, 0, trials, p * trials, lambda k: _log_binomial(k, trials, p))


def association_test(both: int, first: int, second: int, trials: int) -> float:
    """How likely is it that `both` events meet at least as oddly often, if they are independent?

    The first event happened in `first` of the trials, the second in `second`. Given these counts,
    `both` has a hypergeometric distribution whatever the probabilities are (Fisher's exact test).

    >>> round(association_test(5, 5, 5, 10), 6)  # 2 / 252
    0.007937
    """
    lowest, highest = max(0, first + second - trials), min(first, second)
    mean = first * second / trials if trials else 0.0
    return _two_sided(both, lowest, highest, mean, lambda k: _log_hypergeometric(k, first, second, trials))


def assert_binomial(successes: int, trials: int, p: float, what: str) -> None:
    """Fail if `successes` of `trials` cannot come from a probability of `p`.

    `what` says what was counted: "of 10,800 entries were kept".
    """
    if binomial_test(successes, trials, p) < FALSE_ALARM:
        summary = _("{count:,} {what}, expected about {wanted:,.0f}")
        summary = summary.format(count=successes, what=_(what), wanted=p * trials)
        found = _("{count:,} {what}").format(count=successes, what=_(what))
        raise CheckFailed(Difference("statistics", summary, found, about(f"{p * trials:,.0f}")))


def assert_drawn(seen: Observation, source: str) -> None:
    """Fail if a call took no random number from where it should: "generator", the one that it was
    given, or "torch", whose global generator it is to use without one.

    >>> # assert_drawn(submission.dropout.observe(X, 0.5, generator=generator), "generator")
    """
    drew = seen.drew[:1] if source == "torch" else seen.drew[1:]
    if not any(drew):
        told = {
            "generator": _("no random number is drawn from `generator`: it is as it was before the call"),
            "torch": _("no random number is drawn from torch's global generator"),
        }
        raise CheckFailed(Difference("statistics", told[source]))


def about(number: str) -> str:
    """What was expected, where chance decides."""
    return _("about {number}").format(number=number)


def assert_independent(first: torch.Tensor, second: torch.Tensor, what: str) -> None:
    """Fail if two boolean tensors of one shape, drawn entry by entry, are not independent."""
    if not are_independent(first, second):
        share = float((first == second).double().mean())
        summary = _("{what}: {share:.0%} of their entries agree").format(what=_(what), share=share)
        raise CheckFailed(Difference("statistics", summary))


def are_independent(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Whether two boolean tensors of one shape may have been drawn independently."""
    both = int((first & second).sum())
    return association_test(both, int(first.sum()), int(second.sum()), first.numel()) >= FALSE_ALARM


def distribution_test(sample: torch.Tensor, below: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """How likely are independent draws to be spread at least as far from their distribution?

    `below` gives the probability to draw a number up to x. An upper bound, from the largest gap between
    that and the share of the sample up to x: 2 exp(-2 n gap^2), which holds for every n and every
    continuous distribution (Dvoretzky, Kiefer and Wolfowitz; Massart 1990).

    >>> distribution_test(torch.full((20,), 0.5), lambda x: x) == 2 * exp(-10)
    True
    """
    gap, _number, _share, _expected = _widest_gap(sample, below)
    return min(1.0, 2.0 * exp(-2.0 * sample.numel() * gap**2))


def mean_test(sample: torch.Tensor, mean: float, low: float, high: float) -> float:
    """How likely are independent draws between low and high to have a mean at least as far from `mean`?

    An upper bound that holds for every n and every distribution (Hoeffding 1963).

    >>> mean_test(torch.ones(20), 0.5, 0.0, 1.0) == 2 * exp(-10)
    True
    """
    distance = (float(sample.double().mean()) - mean) / (high - low)
    return min(1.0, 2.0 * exp(-2.0 * sample.numel() * distance**2))


def assert_distribution(
    sample: torch.Tensor, below: Callable[[torch.Tensor], torch.Tensor], what: str
) -> None:
    """Fail if a sample cannot have been drawn from a distribution; see `distribution_test`.

    `what` says what was drawn: "of 10,800 entries".
    """
    if distribution_test(sample, below) < FALSE_ALARM:
        _gap, number, share, expected = _widest_gap(sample, below)
        summary = _("{share:.1%} {what} are below {number:.3g}, expected about {wanted:.1%}")
        summary = summary.format(share=share, what=_(what), number=number, wanted=expected)
        below = _("{share:.1%} {what} are below {number:.3g}")
        below = below.format(share=share, what=_(what), number=number)
        raise CheckFailed(Difference("statistics", summary, below, about(f"{expected:.1%}")))


def assert_mean(sample: torch.Tensor, mean: float, low: float, high: float, what: str) -> None:
    """Fail if the mean of a sample between low and high cannot come from `mean`; see `mean_test`.

    `what` says which mean it is: "the mean of 10,800 squares".
    """
    if mean_test(sample, mean, low, high) < FALSE_ALARM:
        found = float(sample.double().mean())
        summary = _("{what} is {found:.4g}, expected about {mean:.4g}")
        summary = summary.format(what=_(what), found=found, mean=mean)
        raise CheckFailed(Difference("statistics", summary, f"{found:.4g}", about(f"{mean:.4g}")))


def order_test(orders: torch.Tensor) -> float:
    """How likely do at least as odd a number of examples come earlier than in the dataset?

    `orders` has shape (epochs, n), an order of n examples in each row. How many come earlier in a random one
    is distributed like the sum of n uniform numbers between 0 and 1, rounded down (Foata and Stanley 1977).
    An upper bound for every n: such a sum is t or more away from its mean with a probability of at most
    2 exp(-6 t^2 / n).

    >>> order_test(torch.arange(5).flip(0).repeat(2, 1))
    1.0
    """
    epochs, n = orders.shape
    distance = max(0.0, abs(_earlier(orders) - epochs * (n - 1) / 2) - epochs / 2)  # rounding: up to 1 each
    return min(1.0, 2.0 * exp(-6.0 * distance**2 / (epochs * n)))


def assert_any_order(orders: torch.Tensor) -> None:
    """Fail if orders of a dataset, shape (epochs, n), are not equally likely; see `order_test`."""
    if order_test(orders) < FALSE_ALARM:
        epochs, n = orders.shape
        found = _("{count:,} of {total:,} examples come earlier than in the dataset")
        found = found.format(count=_earlier(orders), total=orders.numel())
        expected = f"{epochs * (n - 1) / 2:,.0f}"
        summary = _("{found}, expected about {expected}").format(found=found, expected=expected)
        raise CheckFailed(Difference("statistics", summary, found, about(expected)))


def opposite_entries(mask: torch.Tensor) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Pairs of disjoint parts of a tensor, entry by entry neighbours or half a dimension apart.

    In every dimension, entries 0, 2, 4 … meet 1, 3, 5 …, and the first half meets the second.
    """
    for dim, size in enumerate(mask.shape):
        if size < 2:
            continue
        half = size // 2
        even, odd = torch.arange(0, 2 * half, 2), torch.arange(1, 2 * half, 2)
        neighbours = mask.index_select(dim, even), mask.index_select(dim, odd)
        yield _("neighbours in dimension {dim}").format(dim=dim), *neighbours
        halves = mask.narrow(dim, 0, half), mask.narrow(dim, half, half)
        yield _("the halves of dimension {dim}").format(dim=dim), *halves


def _earlier(orders: torch.Tensor) -> int:
    """How many examples come earlier than in the dataset, in all epochs."""
    return int((orders > torch.arange(orders.shape[1])).sum())


def _widest_gap(
    sample: torch.Tensor, below: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[float, float, float, float]:
    """The largest gap between the shares of a sample and a distribution: how wide, at which number,
    the share of the sample there and what it should be."""
    ordered = sample.double().flatten().sort().values
    expected = below(ordered)
    steps = torch.arange(len(ordered) + 1, dtype=torch.float64) / len(ordered)
    gaps = torch.stack([expected - steps[:-1], steps[1:] - expected])  # just below and at each number
    widest = int(gaps.argmax())
    side, index = divmod(widest, len(ordered))
    share = float(steps[index + side])
    return float(gaps.max()), float(ordered[index]), share, float(expected[index])


def _two_sided(k: int, lowest: int, highest: int, mean: float, log_pmf: Callable[[int], float]) -> float:
    """Twice the smaller tail at k. Only the tail that leads away from the mean is added up: its terms
    shrink, so that it is exact however small it is."""
    if not lowest <= k <= highest:
        return 0.0
    tail, outwards = 0.0, range(k, highest + 1) if k >= mean else range(k, lowest - 1, -1)
    for j in outwards:
        term = exp(log_pmf(j))
        tail += term
        if term < _NEGLIGIBLE * tail:
            break
    other = 1.0 - tail + exp(log_pmf(k))
    return min(1.0, 2.0 * min(tail, other))


def _log_choose(n: int, k: int) -> float:
    return _log_factorial(n) - _log_factorial(k) - _log_factorial(n - k)


@lru_cache(100_000)
def _log_factorial(n: int) -> float:
    return lgamma(n + 1)


def _log_binomial(k: int, n: int, p: float) -> float:
    return _log_choose(n, k) + k * log(p) + (n - k) * log1p(-p)


def _log_hypergeometric(k: int, first: int, second: int, n: int) -> float:
    return _log_choose(first, k) + _log_choose(n - first, second - k) - _log_choose(n, second)
