"""`dlex check softmax` from nothing, against `python -m pytest` of the same checks on the same
solution in one process: hypothesis live, no sandbox, no diagnosis, no report."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import CLI, HERE, ROOT, alternating, course, ms, run


def measure() -> dict[str, str]:
    import os

    (exercise,) = course().find("softmax")
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "softmax.py"
        answer.write_bytes(exercise.path("solutions").read_bytes())
        environment = {
            **os.environ,
            "PYTHONPATH": f"{HERE}:{ROOT / 'src'}",
            "DLEX_COURSE": str(ROOT),
            "BENCH_SOLUTION": str(answer),
            "BENCH_REFERENCE": str(exercise.path("reference")),
        }
        grader = str(exercise.path("graders"))
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "in_process", "-p", "no:cacheprovider"]
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
