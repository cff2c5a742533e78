"""The exact tests behind random exercises: right to the last digit, and hard to fool."""

import itertools
import math
from fractions import Fraction
from math import comb

import pytest
import torch

from dlex.grading.failures import CheckFailed
from dlex.grading.statistics import (
    FALSE_ALARM,
    are_independent,
    assert_any_order,
    assert_binomial,
    assert_distribution,
    assert_independent,
    assert_mean,
    association_test,
    binomial_test,
    distribution_test,
    mean_test,
    opposite_entries,
    order_test,
)


def two_sided(pmf: list[Fraction], k: int) -> float:
    """Twice the smaller tail at k, in exact fractions."""
    return float(min(Fraction(1), 2 * min(sum(pmf[: k + 1]), sum(pmf[k:]))))


def binomial(n: int, p: Fraction) -> list[Fraction]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def hypergeometric(first: int, second: int, n: int) -> list[Fraction]:
    return [
        Fraction(comb(first, k) * comb(n - first, second - k), comb(n, second)) for k in range(second + 1)
    ]


@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(1, 10), Fraction(7, 8), Fraction(99, 100)])
@pytest.mark.parametrize("n", [1, 2, 7, 30, 100])
def test_binomial_equals_exact_fractions(n, p):
    pmf = binomial(n, p)
    for k in range(n + 1):
        assert binomial_test(k, n, float(p)) == pytest.approx(two_sided(pmf, k), rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "n"), [(5, 5, 10), (3, 7, 12), (40, 25, 90), (1, 1, 2), (10, 3, 10)]
)
def test_association_equals_exact_fractions(first, second, n):
    pmf = hypergeometric(first, second, n)
    for k in range(max(0, first + second - n), min(first, second) + 1):
        assert association_test(k, first, second, n) == pytest.approx(two_sided(pmf, k), rel=1e-9)


@pytest.mark.parametrize("p", [Fraction(1, 10), Fraction(1, 2), Fraction(17, 20)])
def test_false_alarms_are_as_rare_as_stated(p):
    """The probability of all counts whose test is below a level is at most that level."""
    n = 300
    pmf = [float(term) for term in binomial(n, p)]
    tests = [binomial_test(k, n, float(p)) for k in range(n + 1)]
    for level in (0.05, 1e-3, 1e-9, FALSE_ALARM):
        assert sum(term for term, test in zip(pmf, tests, strict=True) if test < level) <= level


def test_far_tails_do_not_vanish_or_cancel():
    assert binomial_test(0, 1_000, 0.5) == pytest.approx(2 * 0.5**1_000)
    assert binomial_test(10_800, 10_800, 0.5) == pytest.approx(0.0, abs=1e-300)
    assert binomial_test(5_400, 10_800, 0.5) == 1.0
    assert 1e-3 < binomial_test(500_000 + 1_000, 1_000_000, 0.5) < 0.1  # two standard deviations


@pytest.mark.parametrize(
    ("successes", "p", "expected"), [(0, 0.0, 1.0), (1, 0.0, 0.0), (9, 1.0, 0.0), (10, 1.0, 1.0)]
)
def test_certain_and_impossible_events(successes, p, expected):
    assert binomial_test(successes, 10, p) == expected


def test_counts_that_cannot_be():
    assert binomial_test(11, 10, 0.5) == 0.0
    assert association_test(4, 3, 5, 10) == 0.0


def test_nothing_to_compare_is_no_evidence():
    assert association_test(0, 0, 0, 0) == 1.0
    nothing, everything = torch.zeros(100, dtype=torch.bool), torch.ones(100, dtype=torch.bool)
    assert are_independent(nothing, nothing)
    assert are_independent(everything, nothing)


def test_power():
    """A share that is off by 4 % of 10,800 is noticed, as is one entry in four that is copied."""
    with pytest.raises(CheckFailed, match="6,912 of 10,800 were kept, expected about 6,480"):
        assert_binomial(6_912, 10_800, 0.6, "of 10,800 were kept")
    generator = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, 5_400, generator=generator) < 0.3
    assert are_independent(first, second)
    second[::4] = first[::4]
    with pytest.raises(CheckFailed, match=r"neighbours: \d\d% of their entries agree"):
        assert_independent(first, second, "neighbours")


def evenly(n: int) -> torch.Tensor:
    """The middles of n equal parts of [0, 1]: no gap to the uniform distribution is over 1 / 2n."""
    return (torch.arange(n) + 0.5) / n


def test_a_gap_counts_on_both_sides_of_a_jump():
    """Of draws at 0.9, none is below it where 90 % should be; of draws at 0.1, all are up to it."""
    for at, n in ((0.9, 2), (0.1, 2), (0.9, 4)):
        bound = min(1.0, 2 * math.exp(-2 * n * 0.9**2))
        assert distribution_test(torch.full((n,), at).double(), lambda x: x) == pytest.approx(bound)
    assert distribution_test(evenly(1_000), lambda x: x) == 1.0


def test_bounds_hold_for_means_of_coins():
    """Of n fair coins, all counts are known: those that the test calls rarer than a level are rarer."""
    n = 60
    pmf = [float(term) for term in binomial(n, Fraction(1, 2))]
    tests = [mean_test(torch.tensor([1.0] * k + [0.0] * (n - k)), 0.5, 0, 1) for k in range(n + 1)]
    for level in (0.5, 0.05, 1e-6, FALSE_ALARM):
        assert sum(term for term, test in zip(pmf, tests, strict=True) if test < level) <= level


@pytest.mark.parametrize("n", [1, 2])
def test_bounds_hold_for_spreads_of_a_few_draws(n):
    samples = [torch.stack(draws) for draws in itertools.product(evenly(30), repeat=n)]
    tests = [distribution_test(sample, lambda x: x) for sample in samples]
    for level in (0.9, 0.5, 0.2):
        assert sum(test < level for test in tests) <= level * len(tests)


def test_power_on_spreads_and_means():
    """Squares of uniform draws are not uniform, and a mean that is off by 4 % of the range is noticed."""
    with pytest.raises(CheckFailed, match=r"50\.0% of 40,000 are below 0\.25, expected about 25\.0%"):
        assert_distribution(evenly(40_000) ** 2, lambda x: x, "of 40,000")
    assert_distribution(evenly(40_000), lambda x: x, "of 40,000")
    with pytest.raises(CheckFailed, match=r"the mean is 0\.54, expected about 0\.5"):
        assert_mean(evenly(40_000) + 0.04, 0.5, 0.0, 1.0, "the mean")
    assert_mean(evenly(40_000), 0.5, 0.0, 1.0, "the mean")


def test_bounds_hold_for_orders():
    """Of all pairs of orders of 5 examples, those that the test calls rarer than a level are rarer."""
    orders = [torch.tensor(order) for order in itertools.permutations(range(5))]
    tests = [order_test(torch.stack(pair)) for pair in itertools.product(orders, repeat=2)]
    assert min(tests) < 0.3
    for level in (0.9, 0.5, 0.3, 0.2, 0.1):
        assert sum(test < level for test in tests) <= level * len(tests)


def exchanged_with_any(n: int, generator: torch.Generator) -> torch.Tensor:
    """A shuffle that goes wrong: every example is exchanged with any of all, placed already or not."""
    order = list(range(n))
    for i, j in enumerate(torch.randint(n, (n,), generator=generator).tolist()):
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order)


def test_power_on_orders():
    generator = torch.Generator().manual_seed(0)
    assert_any_order(torch.stack([torch.randperm(600, generator=generator) for _epoch in range(20)]))
    with pytest.raises(CheckFailed, match=r"of 12,000 examples come earlier than .* expected about 5,990"):
        assert_any_order(torch.stack([exchanged_with_any(600, generator) for _epoch in range(20)]))


def test_opposite_entries_are_disjoint_and_of_one_shape():
    mask = torch.arange(5 * 1 * 4).reshape(5, 1, 4)
    pairs = list(opposite_entries(mask))
    assert [what for what, _first, _second in pairs] == [
        "neighbours in dimension 0",
        "the halves of dimension 0",
        "neighbours in dimension 2",
        "the halves of dimension 2",
    ]
    for _what, first, second in pairs:
        assert first.shape == second.shape
        assert not set(first.flatten().tolist()) & set(second.flatten().tolist())
    assert pairs[0][1][:, 0, 0].tolist() == [0, 8]
    assert pairs[0][2][:, 0, 0].tolist() == [4, 12]
