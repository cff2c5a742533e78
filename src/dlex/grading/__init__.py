"""What a grader file and a reference file import.

check, Contract                 scored tests, and the contract that every exercise keeps
assert_close, assert_raises     comparison with the reference, and refusal of bad arguments
tensors, sizes, labels, probabilities, as_view   hypothesis strategies
Counted                         a function to hand to a submission
mistake                         a known wrong implementation, by name
"""

from dlex.grading.calls import Counted
from dlex.grading.checks import assert_raises, check
from dlex.grading.compare import assert_close
from dlex.grading.contract import Contract
from dlex.grading.mistakes import mistake
from dlex.grading.strategies import as_view, labels, probabilities, sizes, tensors

__all__ = [
    "Contract",
    "Counted",
    "as_view",
    "assert_close",
    "assert_raises",
    "check",
    "labels",
    "mistake",
    "probabilities",
    "sizes",
    "tensors",
]
