"""Comparison: order of the questions, tolerances, messages."""

from __future__ import annotations

import pytest
import torch

from dlex.grading import assert_close
from dlex.grading.compare import Leeway, compare
from dlex.grading.failures import CheckFailed

INF, NAN = float("inf"), float("nan")


def kind(actual: object, expected: object, **leeway: object) -> str | None:
    difference = compare(actual, expected, "the result", Leeway(**leeway))
    return difference.kind if difference else None


@pytest.mark.parametrize(
    ("actual", "expected", "answer"),
    [
        (torch.ones(2), torch.ones(2), None),
        (None, torch.ones(2), "type"),
        ([1.0, 1.0], torch.ones(2), "type"),
        (torch.ones(2, 1), torch.ones(2), "shape"),
        (torch.ones(2, dtype=torch.float64), torch.ones(2), "dtype"),
        (torch.tensor([NAN]), torch.tensor([1.0]), "special"),
        (torch.tensor([INF]), torch.tensor([-INF]), "special"),
        (torch.tensor([NAN, INF, -INF]), torch.tensor([NAN, INF, -INF]), None),
        (torch.tensor([1.001]), torch.tensor([1.0]), "value"),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), "value"),
        (torch.empty(0, 3), torch.empty(0, 3), None),
        (0.5, 0.5, None),
        (0.5, 0.6, "value"),
        (torch.tensor([1.0, 0.0, 0.0]).mean().item(), 1 / 3, None),
        (0.3333, 1 / 3, "value"),
        (1, 1.0, "type"),
        (True, 1, "type"),
        ((torch.ones(1), {"a": 1}), (torch.ones(1), {"a": 1}), None),
        ((torch.ones(1),), [torch.ones(1)], None),
        ([torch.ones(1), 1], (torch.ones(1), 1), None),
        ({"a": 1}, [1], "type"),
        ([1], {"a": 1}, "type"),
        ({"a": 1}, {"b": 1}, "shape"),
        ([1, 2], [1, 2, 3], "shape"),
    ],
)
def test_what_differs_first(actual: object, expected: object, answer: str | None) -> None:
    assert kind(actual, expected) == answer


LOWER = {
    torch.float64: (torch.float32,),
    torch.float32: (torch.float16, torch.bfloat16),
    torch.float16: (torch.bfloat16,),
    torch.bfloat16: (torch.float8_e4m3fn, torch.float8_e5m2),
}


@pytest.mark.parametrize("dtype", LOWER)
def test_a_result_that_was_rounded_once_in_a_lower_precision_fails(dtype: torch.dtype) -> None:
    X = torch.randn(200, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    for low in LOWER[dtype]:
        assert kind(X.to(low).to(dtype), X) == "value"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_lower_precision_inside_fails_and_another_order_passes(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(1)
    X = torch.randn(50, 20, generator=generator, dtype=torch.float64)
    expected = torch.softmax(X, dim=1).to(dtype)
    for low in LOWER[dtype]:
        assert kind(torch.softmax(X.to(low).to(dtype), dim=1), expected) == "value"
    rounded = X.to(dtype)
    expected = torch.softmax(rounded.double(), dim=1).to(dtype)
    exponentials = torch.exp(rounded)
    assert kind(exponentials / exponentials.flip(1).cumsum(1)[:, -1:], expected) is None
    assert kind(torch.exp(rounded - torch.log(exponentials.sum(1, keepdim=True))), expected) is None


def test_magnitude_allows_for_the_rounding_of_large_intermediates() -> None:
    """exp(x - m) moves by 0.001 of itself when x = 10,000 moves by its last digit in float32."""
    expected = torch.tensor([0.6, 0.3, 0.1])
    assert kind(expected * 1.001, expected) == "value"
    assert kind(expected * 1.001, expected, magnitude=1e4) is None


def test_terms_that_cancel_leave_the_error_of_their_size_behind() -> None:
    """10,000.4 - 10,000 in float32 is off by 0.0004; a sum of 10,000 and 20,000 is not off by more."""
    small, large = torch.tensor(0.4), torch.tensor(30_000.0)
    assert kind(torch.tensor(10_000.4) - 10_000, small) == "value"
    assert kind(torch.tensor(10_000.4) - 10_000, small, terms=1e4) is None
    assert kind(large * 1.001, large, terms=1e4) == "value"
    assert kind(large * 1.001, large, magnitude=1e4) is None


def test_relative_to_the_largest_entry() -> None:
    expected = torch.tensor([1e6, 1.0])
    assert kind(torch.tensor([1e6, 1.1]), expected) == "value"
    assert kind(torch.tensor([1e6, 1.1]), expected, of_largest=True) is None


def test_the_message_says_where_how_far_and_how_much_is_allowed() -> None:
    with pytest.raises(CheckFailed) as failure:
        assert_close(torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([[0.5, 0.5], [0.2, 0.8]]))
    difference = failure.value.difference
    assert difference.summary.startswith("2 of 4 entries are wrong; the worst at [1, 0]: 0.9 instead of 0.2")
    assert "off by 0.7, allowed 6e-06" in difference.summary
    assert ">0.9<" in difference.got and ">0.5<" not in difference.got
