"""A pytest plugin that runs a grader on functions of its own process, as most autograders do:
hypothesis live, no sandbox, no diagnosis, no report. What dlex is measured against."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os

import pytest
import torch

from dlex.grading.calls import Observation
from dlex.grading.contract import Contract
from dlex.grading.replay import settings
from dlex.worker.values import leaves

settings.load_profile("dlex")
torch.set_num_threads(1)


given = {}  # functions of this process, by name


class Plain:
    """A function called in this very process."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

    def gradients(self, weights, *args):
        value = self.function(*args)
        wanted = [a for a in leaves(list(args)) if a.requires_grad]
        return value.detach(), list(torch.autograd.grad(value, wanted, weights))

    def observe(self, *args):
        return Observation(self.function(*args), list(args), False)


class Functions:
    def __init__(self, path):
        spec = importlib.util.spec_from_file_location("m" + str(abs(hash(path))), path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def __getattr__(self, name):
        return Plain(getattr(self.module, name))


@pytest.fixture(scope="session")
def submission():
    if given:
        return type("Given", (), {name: Plain(function) for name, function in given.items()})()
    return Functions(os.environ["BENCH_SOLUTION"])


@pytest.fixture(scope="session")
def reference():
    return Functions(os.environ["BENCH_REFERENCE"])


def pytest_pycollect_makeitem(collector, name, obj):
    if isinstance(obj, Contract):
        clauses = [(c, f) for c, f in obj.checks() if c not in ("operations", "device")]
        return [pytest.Function.from_parent(collector, name=c, callobj=f) for c, f in clauses]


def passes(function, grader: str) -> bool:
    """Whether a function of this process passes a grader; for a notebook's test cell."""
    given[function.__name__] = function
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "in_process", "--import-mode=importlib"]
    arguments += ["-c", os.devnull]
    with contextlib.redirect_stdout(io.StringIO()):
        return pytest.main([*arguments, grader]) == 0
