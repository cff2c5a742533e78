"""From a save to its answer in `dlex watch`, and `dlex check` with a warm server; against `dlex check`
from nothing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from common import CLI, ROOT, alternating, course, ms, run

RUNS = 7


def measure() -> dict[str, str]:
    (exercise,) = course().find("softmax")
    right = exercise.path("solutions").read_bytes()
    wrong = right.replace(b"X_exp.sum(dim=1", b"X_exp.sum(dim=0")
    assert wrong != right
    with tempfile.TemporaryDirectory() as folder:
        warm, cold = (_environment(Path(folder) / name) for name in ("warm", "cold"))
        answers = Path(folder) / "answers"
        run([*CLI, "init", str(answers)], env=cold, check=True)
        file = answers / f"{exercise.id}.py"
        watch = subprocess.Popen(
            [*CLI, "watch", "softmax"],
            cwd=answers,
            env=warm,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        saves = iter(range(1000))

        def saved(content: bytes, verdict: str) -> None:
            file.write_bytes(content + b"# %d\n" % next(saves))
            _until(watch, verdict)

        def check(environment: dict[str, str]) -> None:
            run([*CLI, "check", "softmax"], cwd=answers, env=environment)

        _until(watch, "Write your answer")
        passing, failing, asked, alone = alternating(
            RUNS,
            lambda: saved(right, "right, 14 of 14 points"),
            lambda: saved(wrong, "0 of 14 points"),
            lambda: check(warm),
            lambda: check(cold),
        )
        watch.communicate()
    return {
        "dlex watch: from a save to its answer, right": ms(passing),
        "dlex watch: from a save to its answer, mistake named": ms(failing),
        "dlex check softmax, warm server": ms(asked),
        "dlex check softmax, cold": ms(alone),
        "ratio, save to cold check": f"{max(passing, failing) / alone:.3f}",
        "ratio, warm check to cold check": f"{asked / alone:.3f}",
    }


def _environment(runtime: Path) -> dict[str, str]:
    """Variables with a folder for warm servers of its own."""
    runtime.mkdir(mode=0o700)
    return {**os.environ, "DLEX_COURSE": str(ROOT), "XDG_RUNTIME_DIR": str(runtime)}


def _until(watch: subprocess.Popen, words: str) -> None:
    """Read lines up to the one with `words`."""
    for line in watch.stdout:
        if words in line:
            return
    raise RuntimeError(f"dlex watch ended before it said {words!r}")
