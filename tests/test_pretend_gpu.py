"""The pretend GPU says what a real one says: the same small programs run, and fail, on both."""

from __future__ import annotations

import warnings

import pytest
import torch
from gpu_cases import CASES, verdict

from dlex.worker.gpu.pretend import pretend_gpu


@pytest.mark.parametrize("name", CASES)
def test_on_the_pretend_gpu(name: str) -> None:
    expected, program = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pretend_gpu(program.__code__.co_filename) as session:
            found = verdict(program, "cuda")
    assert found.split(" ")[0] == expected, found
    assert (session.fault is not None) == (expected == "bad")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", CASES)
def test_on_a_real_gpu(name: str) -> None:
    expected, program = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert verdict(program, "cuda").split(" ")[0] == expected
