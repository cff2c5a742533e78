"""What a grader file and a reference file import.

check, Contract                 scored tests, and the contract that every exercise keeps
assert_close, assert_raises     comparison with the reference, and refusal of bad arguments
assert_alike                    comparison without the values
assert_unchanged                what a call left of its arguments
tensors, sizes, labels, probabilities, as_view, away_from_zero   hypothesis strategies
Counted                         a function to hand to a submission
assert_binomial, assert_mean, assert_distribution, assert_independent, opposite_entries
                                exact tests for answers that draw random numbers
assert_drawn                    where these numbers came from
picture                         what is drawn of an exercise, where looking beats reading
mistake                         a known wrong implementation, by name
features, Draw                  what tells the mistakes of a random function apart
"""

from dlex.grading.calls import Counted, Draw
from dlex.grading.checks import assert_raises, check
from dlex.grading.compare import assert_alike, assert_close
from dlex.grading.contract import Contract, assert_unchanged
from dlex.grading.mistakes import features, mistake
from dlex.grading.sketches import picture
from dlex.grading.statistics import (
    assert_any_order,
    assert_binomial,
    assert_distribution,
    assert_drawn,
    assert_independent,
    assert_mean,
    opposite_entries,
)
from dlex.grading.strategies import as_view, away_from_zero, labels, probabilities, sizes, tensors

__all__ = [
    "Contract",
    "Counted",
    "Draw",
    "as_view",
    "assert_alike",
    "assert_any_order",
    "assert_binomial",
    "assert_close",
    "assert_distribution",
    "assert_drawn",
    "assert_independent",
    "assert_mean",
    "assert_raises",
    "assert_unchanged",
    "away_from_zero",
    "check",
    "features",
    "labels",
    "mistake",
    "opposite_entries",
    "picture",
    "probabilities",
    "sizes",
    "tensors",
]
