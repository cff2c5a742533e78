"""`dlex check softmax` from nothing, against `python -m pytest` of the same checks on the same
solution in one process: hypothesis live, no sandbox, no diagnosis, no report."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import CLI, ROOT, alternating, course, ms, run

PLUGIN = '''
import importlib.util, os
import pytest, torch
from dlex.grading.calls import Observation
from dlex.grading.contract import Contract
from dlex.grading.replay import settings
from dlex.worker.values import leaves

settings.load_profile("dlex")
torch.set_num_threads(1)

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
        return Observation(self.function(*args), list(args), False, 0)

class Functions:
    def __init__(self, path):
        spec = importlib.util.spec_from_file_location("m" + str(abs(hash(path))), path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
    def __getattr__(self, name):
        return Plain(getattr(self.module, name))

@pytest.fixture(scope="session")
def submission():
    return Functions(os.environ["BENCH_SOLUTION"])

@pytest.fixture(scope="session")
def reference():
    return Functions(os.environ["BENCH_REFERENCE"])

def pytest_pycollect_makeitem(collector, name, obj):
    if isinstance(obj, Contract):
        clauses = [(c, f) for c, f in obj.checks() if c != "operations"]  # counted, not asserted
        return [pytest.Function.from_parent(collector, name=c, callobj=f) for c, f in clauses]
'''


def measure() -> dict[str, str]:
    import os

    (exercise,) = course().find("softmax")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench_plugin.py").write_text(PLUGIN)
        answer = Path(folder) / "softmax.py"
        answer.write_bytes(exercise.path("solutions").read_bytes())
        environment = {
            **os.environ,
            "PYTHONPATH": f"{folder}:{ROOT / 'src'}",
            "DLEX_COURSE": str(ROOT),
            "BENCH_SOLUTION": str(answer),
            "BENCH_REFERENCE": str(exercise.path("reference")),
        }
        grader = str(exercise.path("graders"))
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "bench_plugin", "-p", "no:cacheprovider"]
        options = ["--import-mode=importlib", "-c", os.devnull, grader]

        def plain() -> None:
            run([*pytest, *options], env=environment, cwd=folder, check=True)

        def ours() -> None:
            run([*CLI, "check", "softmax"], env=environment, cwd=folder, check=True)

        check, theirs = alternating(5, ours, plain)
    return {
        "dlex check softmax, cold": ms(check),
        "python -m pytest of the same checks, one process": ms(theirs),
        "ratio": f"{check / theirs:.2f}",
    }
