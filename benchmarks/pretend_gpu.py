"""Every solution and every variant on the pretend GPU: results/pretend_gpu.json.

    python benchmarks/pretend_gpu.py          writes the figures anew; exit code 1 if there is an alarm

All of them are right answers, so that whatever the pretend GPU finds in them is a false alarm, or a
variant that does not work on a GPU. Counted as well are calls that it could not make itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from hypothesis import settings
from operations import module_of

from dlex.audit.files import variants
from dlex.course import Exercise, read_course
from dlex.grading.calls import Functions
from dlex.grading.checks import ATTRIBUTE
from dlex.grading.contract import Contract
from dlex.grading.failures import CheckFailed, SubmissionFailed
from dlex.grading.mistakes import load_reference
from dlex.grading.replay import FrozenCheck, copy, freeze
from dlex.worker import wire
from dlex.worker.executor import Executor
from dlex.worker.gpu.pretend import PretendGpu

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "pretend_gpu.json"


def main() -> int:
    settings.load_profile("dlex")
    torch.set_num_threads(1)
    course = read_course(ROOT)
    found = {exercise.id: figures(exercise) for exercise in course.exercises}
    total = {name: sum(one[name] for one in found.values()) for name in ("answers", "calls", "limits")}
    alarms = [alarm for one in found.values() for alarm in one["alarms"]]
    record = {"torch": torch.__version__.split("+")[0], **total, "alarms": alarms, "exercises": found}
    RESULTS.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({name: record[name] for name in ("answers", "calls", "limits", "alarms")}, indent=2))
    return int(bool(alarms))


def figures(exercise: Exercise) -> dict[str, object]:
    """How many right answers and calls there were, what raised an alarm, what could not be done."""
    checks = list(_clauses(exercise))
    answers = [exercise.path("solutions"), *variants(exercise)] if checks else []
    alarms, replies = [], []
    for path in answers:
        backend = InProcess(path)
        for frozen in checks:
            alarms += [f"{exercise.id}/{path.name}: {alarm}" for alarm in sorted(_alarms(frozen, backend))]
        replies += backend.replies
    limits = sum(reply.fault is not None and reply.fault.kind == "limits" for reply in replies)
    return {"answers": len(answers), "calls": len(replies), "limits": limits, "alarms": alarms}


def _clauses(exercise: Exercise) -> Iterator[FrozenCheck]:
    """The clause `device` of each function, with its examples."""
    reference = load_reference(exercise)
    for contract in vars(module_of(exercise, "graders")).values():
        clause = dict(contract.checks()).get("device") if isinstance(contract, Contract) else None
        if clause is not None:
            yield freeze("device", getattr(clause, ATTRIBUTE), clause, reference, 0)


def _alarms(frozen: FrozenCheck, backend: InProcess) -> set[str]:
    """What goes wrong with any example of a check."""
    found = set()
    for example in frozen.examples:
        try:
            frozen.body(Functions(backend), frozen.oracle(), **copy(example.drawn))
        except (CheckFailed, SubmissionFailed) as failure:
            found.add(f"{failure}"[:300])
    return found


class InProcess:
    """Answers calls in this process, as a worker would; what is printed is thrown away."""

    def __init__(self, path: Path):
        self._path = path
        self.replies: list[wire.Reply] = []
        self._lent: list = []
        gpu = PretendGpu(str(path), self._namespace)
        self._executor = Executor(self._namespace(), self._lent.__getitem__, filename=str(path), gpu=gpu)

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        with _quietly():
            self.replies.append(self._executor.run(request, 0))
        return self.replies[-1]

    def lend(self, function) -> wire.Callback:
        self._lent.append(function)
        return wire.Callback(len(self._lent) - 1)

    def _namespace(self) -> dict[str, object]:
        source = self._path.read_text(encoding="utf-8")
        linecache.checkcache(str(self._path))
        names = {"__name__": "submission"}
        with _quietly():
            exec(compile(source, str(self._path), "exec"), names)
        return names


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    nowhere = io.StringIO()
    with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


if __name__ == "__main__":
    sys.exit(main())
