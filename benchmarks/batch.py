"""Many submissions: `dlex grade` against stock nbgrader, otter-grader and a pytest process for each,
on the same exercise, the same checks and the same submissions; one job against two; memory."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from common import HERE, ROOT, course, ms

from dlex.batch.pool import Pool
from dlex.submission import Source, Submission

FEW, MANY = 5, 200
SMALL, LARGE = 100, int(os.environ.get("DLEX_BENCH_SUBMISSIONS", "5000"))


def measure() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbgrader(Path(folder))
        alone = processes(Path(folder))
        otters = otter(Path(folder))
    one, two = pool(["softmax"], MANY, jobs=1), pool(["softmax"], MANY, jobs=2)
    names = [exercise.id for exercise in course().exercises]
    all_one, all_two = pool(names, 12, jobs=1), pool(names, 12, jobs=2)
    small, large = memory()
    return {
        "softmax: dlex grade, 1 job, per submission": ms(one),
        "softmax: dlex grade, 2 jobs, per submission": ms(two),
        "softmax: one pytest process each": ms(alone),
        "softmax: nbgrader autograde, stock": ms(notebook),
        "softmax: otter run": ms(otters) if otters else "otter-grader is not installed",
        "ratio, otter to 1 job": f"{otters / one:.0f}" if otters else "–",
        "ratio, nbgrader to 1 job": f"{notebook / one:.0f}",
        "ratio, nbgrader to 2 jobs": f"{notebook / two:.0f}",
        "ratio, pytest processes to 1 job": f"{alone / one:.0f}",
        "ratio, 1 job to 2 jobs": f"{one / two:.2f}",
        "all exercises, right answers: 1 job, per submission": ms(all_one),
        "all exercises, right answers: submissions per second, 1 job": f"{1 / all_one:.2f}",
        "all exercises, right answers: submissions per second, 2 jobs": f"{1 / all_two:.2f}",
        f"memory of all processes after {SMALL:,} submissions": f"{small:.0f} MB",
        f"memory of all processes after {LARGE:,} submissions": f"{large:.0f} MB",
    }


def answers(names: list[str], count: int) -> list[Submission]:
    """Right answers as different people write them, no two the same bytes. None that warns: stock
    nbgrader gives no points for those."""
    found = course()
    texts = {
        e.id: [
            text
            for path in sorted((ROOT / "tests" / "variants" / e.id).glob("*.py"))
            if b"warnings" not in (text := path.read_bytes())
        ]
        for name in names
        for e in found.find(name)
    }
    return [
        Submission(
            f"learner-{k}",
            {
                name: Source(f"{name}.py", written[k % len(written)] + b"\n# %d\n" % k)
                for name, written in texts.items()
            },
        )
        for k in range(count)
    ]


def pool(names: list[str], count: int, jobs: int) -> float:
    """Seconds per submission, warm."""
    found = course()
    exercises = [exercise for name in names for exercise in found.find(name)]
    with Pool(found, exercises, seed=1, isolation=None, jobs=jobs) as warm:
        list(warm.grade(answers(names, jobs)))
        began = time.perf_counter()
        assert all(result.score == result.max_score for _s, result in warm.grade(answers(names, count)))
        return (time.perf_counter() - began) / count


def memory() -> tuple[float, float]:
    """Megabytes of this process and all below it, shared pages counted once, early and late."""
    found = course()
    seen = []
    with Pool(found, found.find("softmax"), seed=1, isolation=None, jobs=2) as warm:
        for more in (SMALL, LARGE - SMALL):
            for _graded in warm.grade(answers(["softmax"], more)):
                pass
            seen.append(_proportional())  # between batches, when only the warm processes are there
    return seen[0], seen[1]


def _proportional() -> float:
    me = psutil.Process()
    total = 0
    for process in [me, *me.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            pass  # it has just ended
    return total / 1e6


def processes(folder: Path) -> float:
    """Seconds per submission, each in a pytest process of its own."""
    (exercise,) = course().find("softmax")
    answer = folder / "softmax.py"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{HERE}:{ROOT / 'src'}",
        "BENCH_SOLUTION": str(answer),
        "BENCH_REFERENCE": str(exercise.path("reference")),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "in_process", "-p", "no:cacheprovider"]
    command += ["--import-mode=importlib", "-c", os.devnull, str(exercise.path("graders"))]
    began = time.perf_counter()
    for submission in answers(["softmax"], FEW):
        answer.write_bytes(submission.sources[exercise.id].content)
        subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) / FEW


def nbgrader(folder: Path) -> float:
    """Seconds per submission of `nbgrader autograde`; its test cell runs the same checks."""
    import nbformat.v4 as v4

    (exercise,) = course().find("softmax")
    test = f"import in_process\nassert in_process.passes(softmax, {str(exercise.path('graders'))!r})"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{HERE}:{ROOT / 'src'}",
        "BENCH_REFERENCE": str(exercise.path("reference")),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # nbgrader calls alembic by name
    }

    def write(path: Path, answer: str) -> None:
        cells = [cell(v4, "softmax", answer, solution=True), cell(v4, "test", test, points=13)]
        path.parent.mkdir(parents=True)
        path.write_text(v4.writes(v4.new_notebook(cells=cells)), encoding="utf-8")

    def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *arguments]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)

    write(folder / "source" / "ch3" / "ch3.ipynb", exercise.path("solutions").read_text(encoding="utf-8"))
    run("generate_assignment", "ch3", "--create")
    for submission in answers(["softmax"], FEW):
        text = submission.sources[exercise.id].content.decode()
        write(folder / "submitted" / submission.name / "ch3" / "ch3.ipynb", text)
    began = time.perf_counter()
    run("autograde", "ch3", "--create")
    seconds = time.perf_counter() - began
    run("export")
    with open(folder / "grades.csv", newline="") as file:
        assert [float(row["score"]) for row in csv.DictReader(file)] == [13.0] * FEW
    return seconds / FEW


def otter(folder: Path) -> float | None:
    """Seconds per submission of `otter run`, which starts a kernel for each; None without otter-grader."""
    command = shutil.which("otter")
    if command is None:
        return None
    import nbformat.v4 as v4

    (exercise,) = course().find("softmax")
    call = f">>> import in_process\n>>> in_process.passes(softmax, {str(exercise.path('graders'))!r})\nTrue"
    suite = {"cases": [{"code": call}], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    test = {"name": "softmax", "points": 13, "suites": [suite]}
    (folder / "tests").mkdir()
    (folder / "tests" / "softmax.py").write_text(f"OK_FORMAT = True\ntest = {test!r}\n")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{HERE}:{ROOT / 'src'}",
        "BENCH_REFERENCE": str(exercise.path("reference")),
    }

    def run(*arguments: str) -> None:
        subprocess.run([command, *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    run("generate", "-t", "tests", "-o", "autograder.zip", "--no-environment")
    check = v4.new_code_cell("import otter\notter.Notebook().check('softmax')")
    began = time.perf_counter()
    for submission in answers(["softmax"], FEW):
        answer = v4.new_code_cell(submission.sources[exercise.id].content.decode())
        notebook = v4.new_notebook(cells=[answer, check])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        (folder / "answer.ipynb").write_text(v4.writes(notebook), encoding="utf-8")
        run("run", "-a", "autograder.zip", "answer.ipynb")
        tests = json.loads((folder / "results.json").read_text())["tests"]
        assert sum(test.get("score", 0) for test in tests) == 13
    return (time.perf_counter() - began) / FEW


def cell(v4, name: str, text: str, *, solution: bool = False, points: int = 0):
    kind = {"grade": bool(points), "solution": solution, "locked": bool(points), "task": False}
    grading = {"grade_id": name, "schema_version": 3, **kind}
    if points:
        grading |= {"points": points}
    return v4.new_code_cell(text, metadata={"nbgrader": grading})
