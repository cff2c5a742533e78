"""The numbers of a class report; `docs/reports.md` says how to read them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

DECIMALS = 12  # shares that differ by less are the same number, computed in another order
FEWEST = 10  # learners that a correlation needs: of fewer it says nothing
TENTHS = 10


def share(score: float, most: float) -> float:
    """The part of the points that was earned, from 0 to 1; 0 where there are none to be earned."""
    return round(min(max(score / most, 0.0), 1.0), DECIMALS) if most > 0 else 0.0


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return math.fsum(values) / len(values) if values else None


def quartiles(values: Sequence[float]) -> tuple[float, float, float] | None:
    """Lower quartile, median and upper quartile; None of nothing.

    Between two values the quartile is interpolated, as spreadsheets do it.

    >>> quartiles([0.0, 1.0]), quartiles([0.5])
    ((0.25, 0.5, 0.75), (0.5, 0.5, 0.5))
    """
    if len(values) < 2:
        return (values[0],) * 3 if values else None
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, median, upper


def histogram(shares: Sequence[float]) -> list[int]:
    """How many shares lie in each tenth, and, as the eleventh number, how many are 1.

    >>> histogram([0.0, 0.05, 0.1, 0.99, 1.0])
    [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    """
    counts = [0] * (TENTHS + 1)
    for value in shares:
        counts[tenth(value)] += 1
    return counts


def tenth(value: float) -> int:
    """The tenth, from 0, that a share lies in; 10 for a share of 1.

    >>> tenth(0.7), tenth(0.9999), tenth(1.0)
    (7, 9, 10)
    """
    return min(int(round(value * TENTHS, DECIMALS - 1)), TENTHS)


def correlation(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Pearson's coefficient; for x of 0 and 1 that is the point-biserial one.

    None where it means nothing: fewer than FEWEST pairs, or all x or all y alike.

    >>> correlation([0, 1] * 5, [0.25, 0.75] * 5)
    1.0
    """
    if len(x) < FEWEST or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    return round(statistics.correlation(x, y), DECIMALS)
