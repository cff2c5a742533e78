"""How examples are drawn: each by itself, and from the seed alone."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import drawing
from dlex.grading.checks import CheckInfo
from dlex.grading.mistakes import Reference
from dlex.grading.replay import freeze

INFO = CheckInfo(points=1, hidden=False, hint="", feedback=None, title="numbers")


def drawn(number: st.SearchStrategy, seed: int = 0) -> list[tuple]:
    """What a check of two values from the same strategy draws."""
    usual = drawing.settings.get_current_profile_name()
    drawing.load()
    try:

        @given(a=number, b=number)
        def check(submission, reference, a, b):
            pass

        frozen = freeze("numbers", INFO, check, Reference({}, []), seed)
    finally:
        drawing.settings.load_profile(usual)
    return [tuple(example.drawn.values()) for example in frozen.examples]


def test_no_example_is_made_out_of_another() -> None:
    """Hypothesis alone would repeat values, inside of an example and from one to the next."""
    simplest, *others = drawn(st.binary(min_size=8, max_size=8))
    assert simplest == (bytes(8), bytes(8))
    assert len({value for pair in others for value in pair}) == 2 * len(others) == 118


def test_a_seed_draws_the_same_examples_whatever_is_loaded(tmp_path: Path, monkeypatch) -> None:
    """Hypothesis alone would take numbers from modules that are not installed."""
    numbers = st.integers(0, 10**9)
    before = drawn(numbers)
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {list(range(5000, 6000))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "full_of_numbers", raising=False)
    importlib.import_module("full_of_numbers")
    assert drawn(numbers) == before
    assert drawn(numbers, seed=1) != before


def test_small_ranges_are_drawn_evenly() -> None:
    numbers = [number for seed in range(10) for pair in drawn(st.integers(1, 6), seed) for number in pair]
    assert all(150 < numbers.count(number) < 250 for number in range(2, 7))


OPEN = [st.integers(), st.binary(), st.lists(st.floats(0.0, 1.0)), st.text(), st.none() | st.booleans()]


@pytest.mark.parametrize("values", OPEN, ids=repr)
def test_whatever_a_strategy_leaves_open_stays_small(values: st.SearchStrategy) -> None:
    examples = drawn(values)
    assert len(examples) == 60 and len(repr(examples)) < 100_000
