"""`nbgrader autograde`, stock and through dlex, on the same answers: seconds per notebook, with the same
checks as the stock notebook and with the property checks of the course, which stock has no time for."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common import ROOT, timed

COUNTS = [int(count) for count in os.environ.get("DLEX_BENCH_NOTEBOOKS", "12,200").split(",")]
TEST = """\
X = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
assert softmax(X).shape == X.shape
assert torch.allclose(softmax(X).sum(1), torch.ones(2))
torch.manual_seed(0)
for scale in (1.0, 10.0, 1000.0):
    Y = torch.randn(16, 10) * scale
    assert torch.allclose(softmax(Y), torch.softmax(Y, dim=1), atol=1e-6)
"""
GRADER = '''\
"""The checks of the stock notebook."""

import torch

from dlex.grading import assert_close, check


@check(points=3)
def test_examples(submission, reference):
    """the example, and three scales"""
    X = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    assert_close(submission.softmax(X).sum(1), torch.ones(2))
    for scale in (1.0, 10.0, 1000.0):
        Y = torch.randn(16, 10, generator=torch.Generator().manual_seed(0)) * scale
        assert_close(submission.softmax(Y), reference.softmax(Y))
'''


def measure() -> dict[str, str]:
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        few, many = same_checks(Path(folder)), ROOT
        courses = {"stock": stock(Path(folder)), "same checks": dlex(Path(folder) / "same", few),
                   "property checks": dlex(Path(folder) / "all", many)}  # fmt: skip
        start = {name: autograde(course, 1) for name, course in courses.items()}
        for count in COUNTS:
            total = {name: autograde(course, count) for name, course in courses.items()}
            warm = {name: (total[name] - start[name]) / (count - 1) for name in courses}
            for name in courses:
                figures[f"{count} notebooks, {name}: in all, each once warm"] = (
                    f"{total[name]:.1f} s, {warm[name]:.3f} s"
                )
                if name != "stock":
                    whole, each = total["stock"] / total[name], warm["stock"] / warm[name]
                    figures[f"{count} notebooks, stock to {name}: in all, warm"] = f"{whole:.1f}, {each:.1f}"
    return figures


def autograde(course: Path, count: int) -> float:
    """Seconds of `nbgrader autograde` for so many new learners, who all have it right."""
    for step in ("submitted", "autograded"):
        shutil.rmtree(course / step, ignore_errors=True)
    (course / "gradebook.db").unlink()
    run(course, "nbgrader", "generate_assignment", "ch3", "--force")
    text = (course / "answered.ipynb").read_text(encoding="utf-8")
    for number in range(count):
        path = course / "submitted" / f"learner-{number}" / "ch3" / "ch3.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text.replace("THE ANSWER", f"answer {number}"), encoding="utf-8")
    seconds = timed(lambda: run(course, "nbgrader", "autograde", "ch3"))
    run(course, "nbgrader", "export", "--to=grades.csv")
    with open(course / "grades.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows] == [row["max_score"] for row in rows] and len(rows) == count
    return seconds


def stock(folder: Path) -> Path:
    """A course of stock nbgrader's."""
    import nbformat.v4 as v4
    from batch import cell

    course = folder / "stock"
    cells = [cell(v4, "softmax", answer(), solution=True), cell(v4, "test", TEST, points=3)]
    source = course / "source" / "ch3" / "ch3.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(v4.writes(v4.new_notebook(cells=cells)), encoding="utf-8")
    return ready(course)


def dlex(folder: Path, course: Path) -> Path:
    """A course that autogrades through dlex."""
    folder.mkdir()
    command = [sys.executable, str(ROOT / "cli.py"), "--course", str(course), "nbgrader"]
    run(folder, *command, "init", ".")
    run(folder, *command, "build", "softmax", "--name", "ch3")
    return ready(folder)


def ready(course: Path) -> Path:
    """Generate the assignment; leave an answered notebook beside it."""
    import nbformat

    run(course, "nbgrader", "generate_assignment", "ch3")
    notebook = nbformat.read(course / "release" / "ch3" / "ch3.ipynb", as_version=4)
    for one in notebook.cells:
        if one.metadata.get("nbgrader", {}).get("solution"):
            one.source = f"{answer()}\n# THE ANSWER"
    nbformat.write(notebook, course / "answered.ipynb")
    return course


def answer() -> str:
    return (
        "import torch\n\ndef softmax(X):\n"
        "    E = torch.exp(X - X.max(1, keepdim=True).values)\n    return E / E.sum(1, keepdim=True)"
    )


def same_checks(folder: Path) -> Path:
    """A dlex course whose only exercise has the checks of the stock notebook."""
    course = folder / "course"
    for part in ("exercises", "solutions", "graders", "reference"):
        (course / part / "ch03").mkdir(parents=True)
        shutil.copy(ROOT / part / "ch03" / "softmax.py", course / part / "ch03")
    (course / "graders" / "ch03" / "softmax.py").write_text(GRADER, encoding="utf-8")
    text = (ROOT / "exercises" / "course.toml").read_text(encoding="utf-8")
    head, *entries = text.split(entry := "[[chapter.exercise]]")
    (softmax,) = (each for each in entries if 'name = "softmax"' in each)
    (course / "exercises" / "course.toml").write_text(head + entry + softmax, encoding="utf-8")
    return course


def run(folder: Path, *command: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # nbgrader calls alembic by name
    }
    words = [sys.executable, "-m", *command] if command[0] == "nbgrader" else list(command)
    subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)
