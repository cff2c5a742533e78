"""The pytest plugin: collects graders, draws their examples, then runs them for a submission.

pytest is started once. Its run loop calls `work(checks)` and lets that decide which checks run, for
which submission, how often; each run goes through pytest's own protocol, fixtures and reports.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from dlex import language
from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.grading import drawing
from dlex.grading.attempt import Attempt
from dlex.grading.calls import Functions
from dlex.grading.checks import ATTRIBUTE, CheckInfo
from dlex.grading.contract import Contract
from dlex.grading.mistakes import Reference, load_reference
from dlex.grading.replay import FrozenCheck, Replay, freeze, replay
from dlex.grading.suspects import Suspect, suspects
from dlex.worker import wire
from dlex.worker.client import ZygoteDied

ARGUMENTS = [
    "--quiet", "--no-header", "--no-summary", "--capture=no", "--tb=short", "--noconftest",
    "--import-mode=importlib", "--strict-markers",
    "-p", "no:cacheprovider", "-p", "no:logging", "-p", "no:junitxml", "-p", "no:doctest",
    "-p", "no:unittest", "-p", "no:faulthandler", "-p", "no:terminalreporter", "-p", "no:warnings",
    "-p", "no:unraisableexception", "-p", "no:threadexception",
]  # fmt: skip


@dataclass
class Grader:
    """One exercise's collected checks, examples drawn."""

    exercise: Exercise
    reference: Reference
    checks: list[FrozenCheck] = field(default_factory=list)
    items: list[pytest.Item] = field(default_factory=list)

    @cached_property
    def suspects(self) -> list[Suspect]:
        """The known mistakes, which remember their answers from submission to submission."""
        return suspects(self.reference)

    @property
    def max_score(self) -> float:
        return sum(check.info.points for check in self.checks)

    def warm_up(self, seconds: float) -> None:
        """Do now what forks of this process would do again and again: the answers of mistakes to the
        first examples, which refute most of them; then those to all others, for so many seconds."""
        for frozen in self.checks:
            for example in frozen.examples:
                _ = example.calls, example.size
            for suspect in self.suspects:
                suspect.answers(frozen, 0, len(frozen.examples[0].calls))
        until = time.monotonic() + seconds
        for frozen in self.checks:
            for number, example in enumerate(frozen.examples):
                for suspect in self.suspects:
                    if time.monotonic() > until:
                        return
                    suspect.answers(frozen, number, len(example.calls))


class Lost(Exception):
    """A check that was lost, for pytest; nobody reads a traceback of it, so none is made."""


class Plugin:
    """Given to `pytest.main`. After the run, `problem` holds what stopped it, if anything did."""

    def __init__(
        self, exercises: list[Exercise], seed: int, work: Callable[[Plugin], None], device: str = wire.CPU
    ):
        self.graders = {exercise.id: Grader(exercise, load_reference(exercise)) for exercise in exercises}
        self.problem: BaseException | None = None
        self.worked = False
        self._by_path = {exercise.path("graders").resolve(): exercise.id for exercise in exercises}
        self._seed = seed
        self._device = device
        self._work: Callable[[Plugin], None] | None = work
        self._attempt: Attempt | None = None
        self._replays: dict[str, Replay] = {}
        self._death: ZygoteDied | None = None
        self._errors: list[str] = []

    def run(self, grader: Grader, attempt: Attempt, stop_at_failure: bool = False) -> dict[str, Replay]:
        """Run one exercise's checks against a submission, each through pytest's protocol.

        A check missing from the answer was not run, or did not report. Raises ZygoteDied if the
        machinery failed meanwhile.
        """
        self._attempt, self._replays, self._death = attempt, {}, None
        for item, frozen in zip(grader.items, grader.checks, strict=True):
            attempt.budget.start_check()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self._death is not None:
                raise self._death
            result = self._replays.get(frozen.name)
            if stop_at_failure and (result is None or result.failure is not None):
                break
        return self._replays

    @pytest.fixture
    def submission(self) -> Functions:
        """The learner's functions; calling one asks a worker."""
        return Functions(self._attempt)

    @pytest.fixture
    def reference(self) -> None:
        """The oracle's functions; filled in by the replay."""

    def pytest_pycollect_makeitem(self, collector, name: str, obj: object):
        if isinstance(obj, Contract):
            exercise = self.graders[self._by_path[Path(collector.path).resolve()]].exercise
            return [
                pytest.Function.from_parent(collector, name=f"{name}[{clause}]", callobj=function)
                for clause, function in obj.checks(named=len(exercise.functions) > 1, device=self._device)
            ]
        return None

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self._errors.append(str(report.longrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            self._freeze(session)
            gc.collect()
            gc.freeze()
            self._work(self)
            self.worked = True
        except BaseException as error:  # carried out of pytest, which would print it
            self.problem = error
        finally:
            self._let_go(session)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        frozen = pyfuncitem.stash[FROZEN]
        try:
            result = self._replays[frozen.name] = replay(frozen, self._attempt)
        except ZygoteDied as death:
            self._death = death
            raise
        if result.failure is not None:
            raise Lost
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        if call.excinfo is None or not call.excinfo.errisinstance(Lost):
            return None
        return pytest.TestReport(item.nodeid, item.location, {}, "failed", None, call.when)

    def _freeze(self, session: pytest.Session) -> None:
        for item, grader, name, info in self._collected(session):
            seed = self._seed * 1_000_003 + sum(map(ord, f"{grader.exercise.id}:{name}"))
            try:
                frozen = freeze(name, info, item.obj, grader.reference, seed, self._device)
            except CourseError as error:
                raise CourseError(f"{item.path}:{line_of(item)}: {error.message}") from error.__cause__
            item.stash[FROZEN] = frozen
            grader.checks.append(frozen)
            grader.items.append(item)
        for grader in self.graders.values():
            if not grader.checks:
                raise CourseError(f"{grader.exercise.path('graders')} has no check")
            if not grader.max_score > 0:
                raise CourseError(f"the checks of {grader.exercise.path('graders')} are worth no points")

    def _let_go(self, session: pytest.Session) -> None:
        """Drop the examples and whoever holds them. Hypothesis remembers strategies, these their module, and
        it pytest's session with this plugin: an audit of many seeds would keep the examples of all."""
        self.graders, self._replays = {}, {}
        self._work, self._attempt = None, None
        for item in session.items:
            if FROZEN in item.stash:
                del item.stash[FROZEN]
        gc.unfreeze()

    def _collected(self, session: pytest.Session) -> Iterator[tuple[pytest.Function, Grader, str, CheckInfo]]:
        """Every check with its grader, its name and what its author says about it."""
        if self._errors:
            raise CourseError("a grader does not load:\n" + "\n".join(self._errors))
        for item in session.items:
            grader = self.graders[self._by_path[Path(item.path).resolve()]]
            name = item.name.removeprefix("test_")
            info = getattr(item.obj, ATTRIBUTE, None)
            where = f"{item.path}:{line_of(item)}: {item.name}"
            if info is None:
                raise CourseError(f"{where} has no @check, so it has no points")
            if any(check.name == name for check in grader.checks):
                raise CourseError(f"{where}: there are two checks of this name")
            level = info.feedback or grader.exercise.course.file.feedback
            points = _points(info, name, grader.exercise)
            yield item, grader, name, dataclasses.replace(info, feedback=level, points=points)


class _Points(Plugin):
    """Adds up points; draws nothing."""

    def __init__(self, exercises: list[Exercise]):
        super().__init__(exercises, 0, lambda plugin: None)
        self.points = dict.fromkeys(self.graders, 0.0)

    def _freeze(self, session: pytest.Session) -> None:
        for _item, grader, _name, info in self._collected(session):
            self.points[grader.exercise.id] += info.points


def _points(info: CheckInfo, name: str, exercise: Exercise) -> float:
    """What a check is worth; for efficiency, what course.toml says."""
    return exercise.entry.efficiency if name.endswith("[operations]") else info.points


def line_of(item: pytest.Function) -> int:
    """The line of a grader file where a check, or the contract that it is a clause of, begins."""
    function = item.obj.hypothesis.inner_test if hasattr(item.obj, "hypothesis") else item.obj
    if Path(function.__code__.co_filename).resolve() == Path(item.path).resolve():
        return function.__code__.co_firstlineno
    name = item.name.split("[")[0]
    lines = Path(item.path).read_text(encoding="utf-8").splitlines()
    found = (number for number, line in enumerate(lines, 1) if re.match(rf"{re.escape(name)}\s*[:=]", line))
    return next(found, 1)


FROZEN = pytest.StashKey[FrozenCheck]()


def run_pytest(
    course: Course,
    exercises: list[Exercise],
    seed: int,
    work: Callable[[Plugin], None],
    device: str = wire.CPU,
) -> None:
    """Collect the graders of `exercises` and let `work` use them. CourseError if they are broken.

    `device` is where submissions are given their arguments: "cpu" or "cuda".
    """
    _require_graders(exercises)
    _run(course, exercises, Plugin(exercises, seed, work, device))


def max_scores(course: Course, exercises: list[Exercise]) -> dict[str, float]:
    """The points of each exercise, by id. CourseError if a grader does not load."""
    _require_graders(exercises)
    plugin = _Points(exercises)
    _run(course, exercises, plugin)
    return plugin.points


def _require_graders(exercises: list[Exercise]) -> None:
    missing = [path for e in exercises if not (path := e.path("graders")).is_file()]
    if missing:
        raise CourseError(f"{missing[0]} is missing")


def _run(course: Course, exercises: list[Exercise], plugin: Plugin) -> None:
    drawing.load()
    language.consult(course.catalogues, [chapter.id for chapter in course.file.chapter])
    paths = [str(exercise.path("graders")) for exercise in exercises]
    arguments = [*ARGUMENTS, f"--rootdir={course.root}", f"--config-file={os.devnull}", *paths]
    with _without_the_users_pytest_settings(), _forgotten_afterwards(paths):
        pytest.main(arguments, plugins=[plugin])
    if plugin.problem is not None:
        raise plugin.problem
    if not plugin.worked:
        raise CourseError("the graders were not run:\n" + "\n".join(plugin._errors))


@contextlib.contextmanager
def _forgotten_afterwards(paths: list[str]) -> Iterator[None]:
    """Let go of imported graders: pytest knows modules by name, and another course has the same names."""
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) in paths:
                del sys.modules[name]


@contextlib.contextmanager
def _without_the_users_pytest_settings() -> Iterator[None]:
    before = dict(os.environ)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
