"""A class of 2,000, right, wrong, hostile and broken, graded while the run is killed again and again.

    python benchmarks/endurance.py --submissions 2000 --kills 20

The run is killed (SIGKILL, the process that writes the grades) at random moments and resumed; then
the class is graded once more in one go, with the same seed, and every record is compared.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import signal
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from common import CLI, ROOT, course

from dlex.audit.mutants import mutants
from dlex.results.store import Store

RESULTS = Path(__file__).resolve().parent / "results" / "endurance.json"
HOSTILE = (
    "import os\n\ndef softmax(X):\n    os._exit(0)\n",
    "def softmax(X):\n    while True:\n        print('x' * 10_000)\n",
    "import os\n\ndef softmax(X):\n    while True:\n        os.fork()\n",
    "import torch\n\ndef softmax(X):\n    return torch.ones(1 << 34)\n",
    "import sys\n\ndef softmax(X):\n    return [f for f in sys._current_frames().values()]\n",
    "import ctypes\n\ndef softmax(X):\n    return ctypes.string_at(0)\n",
    "import torch\n\nclass Equal(torch.Tensor):\n    __eq__ = lambda *a: True\n\n"
    "def softmax(X):\n    return X.as_subclass(Equal)\n",
    "def softmax(X):\n    raise SystemExit('<script>::error::=cmd()')\n",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.submissions, options.kills)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def measure(folder: Path, count: int, kills: int) -> dict:
    kinds = hand_in(folder / "class", count)
    killed = interrupted(folder, count, kills)
    began = time.monotonic()
    code = start(folder, "whole.db").wait()
    seconds = time.monotonic() - began
    whole, pieces = records(folder / "whole.db"), records(folder / "pieces.db")
    assert whole.keys() == pieces.keys() == kinds.keys()
    return {
        "submissions": count,
        "of each kind": dict(Counter(kinds.values())),
        "kills": killed,
        "exit code (1: some could not be graded)": code,
        "grades or outcomes that differ between the killed and the whole run": sum(
            judged(whole[name]) != judged(pieces[name]) for name in whole
        ),
        "records that differ in anything, by kind": dict(
            Counter(kinds[name] for name in whole if whole[name] != pieces[name])
        ),
        "fields that differ, in how many records": dict(
            Counter(field for name in whole for field in differing(whole[name], pieces[name]))
        ),
        "outcome by kind": outcomes(kinds, whole),
        "seconds in one go, 2 jobs, start included": round(seconds),
        "submissions per second in one go": round(count / seconds, 1),
    }


def hand_in(folder: Path, count: int) -> dict[str, str]:
    """Write a class; what kind of answer each learner gave."""
    (exercise,) = course().find("softmax")
    right = [
        path
        for path in sorted((ROOT / "tests" / "variants" / exercise.id).glob("*.py"))
        if "perf_counter" not in path.read_text(encoding="utf-8")  # it prints the time: never the same twice
    ]
    wrong = [mutant.source for mutant in mutants(exercise.path("solutions").read_text(encoding="utf-8"))]
    draw, kinds = random.Random(7), {}
    folder.mkdir()
    for number in range(count):
        kind = draw.choices(["right", "wrong", "stub", "hostile", "archive", "broken"], [8, 6, 1, 2, 2, 1])[0]
        name, mark = f"learner-{number:04}", f"\n# {number}\n"
        kinds[name] = kind
        if kind == "broken":
            (folder / f"{name}.zip").write_bytes(b"PK\3\4" + draw.randbytes(200))
            continue
        text = {
            "wrong": draw.choice(wrong),
            "stub": exercise.path("exercises").read_text(encoding="utf-8"),
            "hostile": draw.choice(HOSTILE),
        }.get(kind) or draw.choice(right).read_text(encoding="utf-8")
        if kind == "archive":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("work/ch03/softmax.py", text + mark)
            (folder / f"{name}.zip").write_bytes(packed.getvalue())
            continue
        (folder / name).mkdir()
        (folder / name / "softmax.py").write_text(text + mark, encoding="utf-8")
    return kinds


def interrupted(folder: Path, count: int, kills: int) -> int:
    """Grade with interruptions; how many there were."""
    draw = random.Random(11)
    for number in range(kills):
        process = start(folder, "pieces.db")
        enough = committed(folder / "pieces.db") + draw.randint(0, 2 * (count - count // 10) // kills)
        enough = min(enough, count - count // 20 * (kills - number) // kills - 1)
        while process.poll() is None and committed(folder / "pieces.db") < enough:
            time.sleep(0.05)
        time.sleep(draw.random())  # any moment will do, one inside a write as well
        if process.poll() is not None:
            return number
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"killed {number + 1}: {committed(folder / 'pieces.db')} committed", flush=True)
    start(folder, "pieces.db").wait()
    return kills


def start(folder: Path, database: str) -> subprocess.Popen:
    command = [*CLI, "grade", "--from", str(folder / "class"), "--exercise", "softmax", "--seed", "5"]
    command += ["--db", str(folder / database), "--jobs", "2", "--resume"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def committed(database: Path) -> int:
    if not database.exists():
        return 0
    try:
        with Store(database, create=False) as store:
            return sum(run.graded + run.not_graded for run in store.runs()[-1:])
    except Exception:  # it is just being made
        return 0


def records(database: Path) -> dict[str, bytes]:
    """Every record, without what depends on the clock."""
    with Store(database, create=False) as store:
        return {
            one.name: msgspec.json.encode(msgspec.structs.replace(one.result, started="", duration_s=0.0))
            for one in store.records()
        }


def judged(record: bytes) -> list:
    """The grade of a record, and the outcome of every check."""
    result = msgspec.json.decode(record)
    checks = [check for exercise in result["exercises"] for check in exercise["checks"]]
    outcomes = [(check["name"], check["outcome"], check["points"], check.get("mistake")) for check in checks]
    return [result["status"], result["score"], *outcomes]


def differing(one: bytes, other: bytes) -> set[str]:
    """The fields in which two records differ, dotted, as exercises.checks.message"""
    return set(_differing(msgspec.json.decode(one), msgspec.json.decode(other), ""))


def _differing(one: object, other: object, where: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from _differing(one.get(key), other.get(key), f"{where}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _differing(left, right, where)
    elif one != other:
        yield where


def outcomes(kinds: dict[str, str], found: dict[str, bytes]) -> dict[str, dict[str, int]]:
    """How many of each kind earned everything, something, nothing, or were not graded."""
    counts: dict[str, Counter] = {}
    for name, record in found.items():
        result = msgspec.json.decode(record)
        share = result["score"] / result["max_score"] if result["max_score"] else 0
        judged = "everything" if share == 1 else "something" if share else "nothing"
        counts.setdefault(kinds[name], Counter())[
            judged if result["status"] == "graded" else "not graded"
        ] += 1
    return {kind: dict(counter) for kind, counter in sorted(counts.items())}


if __name__ == "__main__":
    main()
