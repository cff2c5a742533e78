"""The contract's clauses, on functions in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, tensors
from dlex.grading.calls import Functions
from dlex.grading.checks import ATTRIBUTE
from dlex.grading.failures import CheckFailed, Raised
from dlex.grading.oracle import Local, Oracle


def judge(contract: Contract, clause: str, submission: Callable, reference: Callable, **drawn: object):
    """Run one clause on one example."""
    body = dict(contract.checks())[clause].hypothesis.inner_test
    name = contract.function
    body(Functions(Local({name: submission})), Functions(Oracle({name: reference})), **drawn)


def lists(dtype=torch.float32):
    return st.fixed_dictionaries({"params": st.lists(tensors((2, 3), dtype), min_size=1)})


def same(params):
    return params


def only_views(params):
    if any(param.is_contiguous() for param in params):
        raise ValueError("no view")
    return params


def test_tensors_in_a_list_are_handed_over_as_views_too() -> None:
    contract, arguments = Contract("f", lists), {"params": [torch.ones(2, 3), torch.ones(3, 2)]}
    judge(contract, "views", only_views, same, arguments=arguments)
    with pytest.raises(Raised, match="no view"):
        judge(contract, "dtype", only_views, same, each=[arguments])


def test_titles_name_the_function_where_there_are_several() -> None:
    contract = Contract("f", lists, grow=({}, {}))
    for named, beginning in ((False, ""), (True, "f: ")):
        titles = {name: getattr(check, ATTRIBUTE).title for name, check in contract.checks(named=named)}
        assert titles["views"] == f"{beginning}works for non-contiguous views"
        assert titles["operations"] == f"{beginning}operations dispatched at two sizes"


def test_a_magnitude_allows_for_what_had_to_be_rounded() -> None:
    def rounded(params):
        return [param + 1e-5 for param in params]

    arguments = {"params": [torch.zeros(2, 3)]}
    judge(Contract("f", lists, magnitude=100.0), "dtype", rounded, same, each=[arguments])
    with pytest.raises(CheckFailed):
        judge(Contract("f", lists), "dtype", rounded, same, each=[arguments])


@settings(max_examples=20, database=None, derandomize=True)
@given(factors=st.tuples(tensors((8,), step=1 / 16), tensors((8,), scale=2.0**70, step=1 / 16)))
def test_sums_of_products_of_steps_are_exact_in_float32(factors) -> None:
    products = factors[0] * factors[1]
    backwards = sum(products.flip(0), torch.zeros(()))
    assert products.sum().double() == backwards.double() == (factors[0].double() * factors[1].double()).sum()
