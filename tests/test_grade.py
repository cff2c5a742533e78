"""`dlex grade`, as an instructor and as CI meet it: everything accounted for, whatever happens."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from dlex.batch.pool import Pool
from dlex.course import Course
from dlex.errors import CourseError, MachineError
from dlex.results.records import SubmissionResult
from dlex.results.store import Store
from dlex.submission import Source, Submission

ROOT = Path(__file__).resolve().parent.parent
RIGHT = b"""import torch

def softmax(X):
    E = torch.exp(X - X.max(1, keepdim=True).values)
    return E / E.sum(1, keepdim=True)
"""
WRONG = b"import torch\n\ndef softmax(X):\n    return torch.exp(X) / torch.exp(X).sum(0)\n"
STUB = (ROOT / "exercises" / "ch03" / "softmax.py").read_bytes()
ENDLESS = b"def softmax(X):\n    while True:\n        pass\n"
EXITS = b"import os\n\ndef softmax(X):\n    os._exit(0)\n"
SOURCES = {"right": RIGHT, "wrong": WRONG, "stub": STUB, "exits": EXITS}


@pytest.fixture
def class_of(tmp_path: Path) -> Callable[..., Path]:
    """A folder of submissions: name to the bytes of softmax.py."""

    def make(sources: dict[str, bytes]) -> Path:
        folder = tmp_path / "submissions"
        for name, content in sources.items():
            (folder / name).mkdir(parents=True)
            (folder / name / "softmax.py").write_bytes(content)
        return folder

    return make


def many(count: int) -> dict[str, bytes]:
    """Submissions that are right, wrong, stubs and worse, in turn, no two alike."""
    kinds = list(SOURCES.items())
    return {f"{k:02}-{kinds[k % 4][0]}": kinds[k % 4][1] + b"# %d\n" % k for k in range(count)}


def judged(result: SubmissionResult) -> SubmissionResult:
    """A result without what depends on the clock."""
    return msgspec.structs.replace(result, started="", duration_s=0.0)


def stored(database: Path, run: int | None = None) -> dict[str, SubmissionResult]:
    with Store(database, create=False) as store:
        return {one.name: judged(one.result) for one in store.records(run)}


def to_submissions(sources: dict[str, bytes]) -> list[Submission]:
    return [
        Submission(name, {"ch03/softmax": Source("softmax.py", content)}) for name, content in sources.items()
    ]


def test_everything_is_accounted_for(dlex, class_of, tmp_path: Path) -> None:
    folder = class_of(SOURCES)
    (folder / "broken.zip").write_bytes(b"PK\3\4 no archive")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("work/ch03/softmax.py", RIGHT)
    (folder / "empty").mkdir()
    (tmp_path / "torch.py").write_text("raise SystemExit('a submission in the working folder was imported')")
    done = dlex(
        "grade", "--from", str(folder), "--exercise", "softmax", "--isolation", "1", "--jobs", "1",
        "--out", "out", "--format", "csv,jsonl,junit,gradescope,github,markdown",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "6 graded, 1 not graded" in done.stderr
    assert "broken: not graded: broken.zip is no zip or tar archive" in done.stderr
    with open(tmp_path / "out" / "scores.csv", newline="", encoding="utf-8-sig") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert {name: row["score"] for name, row in rows.items()} == {
        "broken": "", "empty": "0", "exits": "0", "packed": "14", "right": "14", "stub": "0", "wrong": "0",
    }  # fmt: skip
    records = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [record["submission"] for record in records] == sorted(rows)
    assert "::error file=softmax.py,line=3" in (tmp_path / "out" / "annotations.txt").read_text()
    assert dlex("results", "--json").stdout.count("\n") == 7


@pytest.mark.slow
def test_results_do_not_depend_on_order_or_jobs(small: Course) -> None:
    submissions = to_submissions(many(8))
    found = []
    for jobs, order in ((1, submissions), (2, submissions[::-1])):
        with Pool(small, small.exercises, seed=5, isolation=1, jobs=jobs) as pool:
            found.append({one.name: judged(result) for one, result in pool.grade(order)})
    assert found[0] == found[1]
    assert {name: result.score for name, result in found[0].items() if result.score} == {
        "00-right": 14.0, "04-right": 14.0,
    }  # fmt: skip


def test_an_endless_loop_costs_itself_alone(small: Course) -> None:
    with Pool(small, small.exercises, seed=0, isolation=1, jobs=2) as pool:
        graded = pool.grade(to_submissions({"loops": ENDLESS, "a": RIGHT, "b": RIGHT, "c": RIGHT}))
        results = {submission.name: result for submission, result in graded}
    assert {name: result.score for name, result in results.items()} == {"a": 14, "b": 14, "c": 14, "loops": 0}
    assert "timeout" in {check.outcome for check in results["loops"].exercises[0].checks}


def test_a_broken_course_is_told_before_anything_is_graded(dlex, small: Course, class_of, tmp_path) -> None:
    before = set(_graders(os.getpid()))
    (small.root / "graders" / "ch03" / "softmax.py").write_text("import nothing_of_that_name\n")
    done = dlex("--course", str(small.root), "grade", "--from", str(class_of({"a": RIGHT})))
    assert done.returncode == 3
    assert "nothing_of_that_name" in done.stderr
    with pytest.raises(CourseError), Pool(small, small.exercises, seed=0, isolation=1, jobs=2):
        pass
    assert set(_graders(os.getpid())) <= before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade"], "there is no submission"),
        (["grade", "no-such-folder"], "no-such-folder does not exist"),
        (["grade", ".", "--format", "csv"], "needs a folder to write to"),
        (["grade", ".", "--out", "out"], "needs to know what to write"),
        (["grade", ".", "--out", "out", "--format", "pdf"], "no format is called 'pdf'"),
        (["grade", ".", "--exercise", "sofmax"], "Did you mean softmax"),
    ],
)
def test_wrong_use(dlex, arguments: list[str], message: str) -> None:
    done = dlex(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


# Killed and resumed ----------------------------------------------------------------------------


def _graders(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _start(small: Course, folder: Path, database: Path) -> subprocess.Popen:
    command = [
        sys.executable, str(ROOT / "cli.py"), "--course", str(small.root), "grade", "--from", str(folder),
        "--db", str(database), "--resume", "--isolation", "1", "--jobs", "2",
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _wait_for_grades(database: Path, count: int, process: subprocess.Popen) -> None:
    """Until so many grades are committed, or the process has ended."""
    while process.poll() is None:
        if database.exists():
            try:
                if len(stored(database)) >= count:
                    return
            except Exception:  # it is being made
                pass
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_and_resumed_nothing_is_lost_and_nothing_graded_twice(
    small: Course, class_of, tmp_path: Path
) -> None:
    folder, database = class_of(many(16)), tmp_path / "killed.db"
    for grades in (1, 6, 11):
        process = _start(small, folder, database)
        _wait_for_grades(database, grades, process)
        children = _graders(process.pid) if process.poll() is None else []
        process.kill()
        process.communicate()
        _gone, alive = psutil.wait_procs(children, timeout=20)
        assert not alive, "a killed run leaves nothing behind"
    announced = stored(database)
    assert len(announced) >= 11
    process = _start(small, folder, database)
    _out, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert f"{16 - len(announced)} graded, {len(announced)} graded before, 0 not graded" in told.decode()
    with Store(database) as store:
        (run,) = store.runs()
    (folder / "late").mkdir()
    (folder / "late" / "softmax.py").write_bytes(RIGHT)
    process = _start(small, folder, database)
    assert "1 graded, 16 graded before, 0 not graded" in process.communicate(timeout=120)[1].decode()
    with Pool(small, small.exercises, seed=run.conditions.seed, isolation=1, jobs=2) as pool:
        in_one_go = {one.name: judged(result) for one, result in pool.grade(to_submissions(many(16)))}
    assert stored(database, run.id) == in_one_go


@pytest.fixture
def running(small: Course) -> Iterator[tuple[Pool, list[psutil.Process]]]:
    """A pool of two lanes, and the lanes' processes."""
    with Pool(small, small.exercises, seed=0, isolation=1, jobs=2) as pool:
        (warm,) = [child for child in _graders(os.getpid()) if "dlex.grading.warm" in child.cmdline()
                   and child.ppid() == os.getpid()]  # fmt: skip
        lanes = [child for child in warm.children() if "dlex.grading.warm" in child.cmdline()]
        assert len(lanes) == 2
        yield pool, lanes


@pytest.mark.parametrize("victims", [1, 2], ids=["one lane", "all lanes"])
def test_a_killed_lane_loses_nothing(running, victims: int) -> None:
    pool, lanes = running
    found = {}
    for number, (submission, result) in enumerate(pool.grade(to_submissions(many(8)))):
        found[submission.name] = result.score
        if number == 1:
            for lane in lanes[:victims]:
                lane.send_signal(signal.SIGKILL)
    assert found == {name: 14.0 if "right" in name else 0.0 for name in many(8)}


def test_a_killed_grader_is_no_fault_of_the_submission(running) -> None:
    pool, lanes = running
    killed = 0
    handed_out: list[str] = []

    def until_two_are_killed() -> Iterator[Submission]:
        while killed < 2 and len(handed_out) < 500:
            name = str(len(handed_out))
            handed_out.append(name)
            yield from to_submissions({name: RIGHT + b"# %s\n" % name.encode()})

    found = {}
    for submission, result in pool.grade(until_two_are_killed()):
        found[submission.name] = (result.status, result.score)
        if killed < 2:
            killed += _kill_a_grader(lanes)
    assert killed == 2
    assert found == dict.fromkeys(handed_out, ("graded", 14.0))


def _kill_a_grader(lanes: list[psutil.Process]) -> bool:
    """Kill one that is at work, if any is."""
    for child in [child for lane in lanes for child in lane.children()]:
        with suppress(psutil.NoSuchProcess):  # it is done by now
            if "dlex.grading.warm" in child.cmdline():
                child.send_signal(signal.SIGKILL)
                return True
    return False


def test_a_pool_that_cannot_live_says_so(running, monkeypatch) -> None:
    pool, lanes = running
    monkeypatch.setattr(pool, "_start", lambda: None)
    with pytest.raises(MachineError, match="ended"):
        for number, _graded in enumerate(pool.grade(to_submissions(many(8)))):
            if number == 0:
                for lane in lanes:
                    lane.send_signal(signal.SIGKILL)


# The course changes ----------------------------------------------------------------------------


def test_a_regrade_keeps_both_results_and_tells_who_changed(dlex, small, class_of, tmp_path: Path) -> None:
    folder = class_of({"ada": RIGHT, "bob": WRONG})
    arguments = ["--course", str(small.root), "grade", "--from", str(folder), "--isolation", "1"]
    arguments += ["--seed", "1", "--jobs", "1"]
    assert dlex(*arguments).returncode == 0
    grader = small.root / "graders" / "ch03" / "softmax.py"
    grader.write_text(grader.read_text(encoding="utf-8").replace("points=1", "points=3", 1), encoding="utf-8")
    again = dlex(*arguments)
    assert again.returncode == 0
    assert "ada" in again.stderr and "14 → 16" in again.stderr.replace("  ", " ")
    scores = [{name: r.score for name, r in stored(tmp_path / "dlex.db", run).items()} for run in (1, 2)]
    assert scores == [{"ada": 14, "bob": 0}, {"ada": 16, "bob": 0}]
