"""Spread an audit over processes, and put together what they report.

per exercise and seed    audit_seed: solution, stub, variants, mistakes, mutants
then, per exercise       certify: are the mutants that passed really wrong?
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch

from dlex.audit import files
from dlex.audit.certify import Certificate, certify
from dlex.audit.mutants import chosen, mutants
from dlex.audit.records import TARGET, Audit, ExerciseAudit, Mutant, Problem
from dlex.audit.seed import Depth, SeedReport, audit_seed
from dlex.course import CONTENT, Course, Exercise, read_course
from dlex.worker import sandbox
from dlex.worker.launcher import Zygote

Progress = Callable[[int, int], None]
_zygotes: dict[tuple[Path, int], Zygote] = {}  # one per process, kept from unit to unit


def audit(
    course: Course,
    exercises: list[Exercise],
    *,
    seeds: Sequence[int] = range(3),
    jobs: int | None = None,
    isolation: int | None = None,
    depth: Depth = Depth(),  # noqa: B008  (frozen)
    progress: Progress = lambda done, total: None,
) -> Audit:
    """Judge exercises: their files, their graders, their mistakes.

    Args:
        seeds: the seeds to draw examples with.
        jobs: how many processes; one per processor if left out.
        isolation: the level for what is not trusted; the best that the machine has if left out.
        depth: whether to run the known mistakes, and to change the solution and see what the grader says.
        progress: called with the number of units done and known.
    """
    began = time.monotonic()
    level = sandbox.require(isolation).level
    run = _Run(course, level, seeds, depth, progress)
    sound = [exercise for exercise in exercises if run.look_at_files(exercise)]
    with _executor(jobs or os.cpu_count() or 1, len(sound) * len(seeds)) as executor:
        run.dispatch(executor, sound)
    return Audit(
        course.name,
        _hash(course),
        level,
        [run.judge(exercise) for exercise in exercises],
        files.strays(course),
        round(time.monotonic() - began, 2),
    )


@dataclass
class _Run:
    """What is known so far, by exercise id."""

    course: Course
    level: int
    seeds: Sequence[int]
    depth: Depth
    progress: Progress
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    reports: dict[str, list[SeedReport]] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    def look_at_files(self, exercise: Exercise) -> bool:
        """Note what is wrong with an exercise's files; whether it can be run at all."""
        found = files.missing(exercise) or files.syntax(exercise)
        self.problems[exercise.id] = found or files.stale(exercise)
        self.reports[exercise.id] = []
        return not found

    def dispatch(self, executor: Executor, exercises: list[Exercise]) -> None:
        """Run every exercise at every seed; examine its mutants when its last seed is through."""
        self.total = len(exercises) * (len(self.seeds) + self.depth.mutants)
        pending: dict[Future, Exercise] = {}
        for exercise in exercises:
            for seed in self.seeds:
                pending[self._submit(executor, _seed_unit, exercise, seed, self.depth)] = exercise
        while pending:
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                exercise = pending.pop(future)
                self._keep(exercise, future.result())
                if self._finished(exercise) and (candidates := self._candidates(exercise)):
                    pending[self._submit(executor, _exam_unit, exercise, candidates)] = exercise

    def judge(self, exercise: Exercise) -> ExerciseAudit:
        """The record of one exercise."""
        reports = sorted(self.reports[exercise.id], key=lambda report: report.seed)
        certificate = self.certificates.get(exercise.id, Certificate())
        problems = [*self.problems[exercise.id], *_merged(reports)]
        if certificate.problem:
            problems.append(certificate.problem)
        most = max(reports, key=lambda report: report.checks, default=SeedReport(0))
        made, fates = _fates(exercise, reports, certificate)
        lost = [name for report in reports for name in report.lost]
        wrong = sum(mutant.fate != "equivalent" for mutant in fates) * sum(bool(r.lost) for r in reports)
        rejected = wrong - sum(len(mutant.survived) for mutant in fates)
        judged = ExerciseAudit(
            exercise.id,
            [report.seed for report in reports],
            most.checks,
            most.points,
            len(files.variants(exercise)),
            most.mistakes,
            made if lost else 0,
            wrong,
            rejected,
            fates,
            problems,
            round(sum(report.seconds for report in reports), 2),
        )
        return msgspec.structs.replace(judged, problems=[*problems, *_survivors(exercise, judged)])

    def _submit(self, executor: Executor, unit: Callable, exercise: Exercise, *arguments: object) -> Future:
        future = executor.submit(unit, self.course.root, exercise.id, self.level, *arguments)
        future.add_done_callback(lambda _future: self._tell())
        return future

    def _tell(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)

    def _keep(self, exercise: Exercise, result: SeedReport | Certificate) -> None:
        if isinstance(result, Certificate):
            self.certificates[exercise.id] = result
        else:
            self.reports[exercise.id].append(result)

    def _finished(self, exercise: Exercise) -> bool:
        return len(self.reports[exercise.id]) == len(self.seeds) and exercise.id not in self.certificates

    def _candidates(self, exercise: Exercise) -> list[int]:
        """The mutants that passed everything at some seed."""
        columns = zip(*(report.lost for report in self.reports[exercise.id] if report.lost), strict=True)
        found = [number for number, lost in enumerate(columns) if not all(lost)]
        if self.depth.mutants and not found:
            self._tell()
        return found


def _fates(
    exercise: Exercise, reports: list[SeedReport], certificate: Certificate
) -> tuple[int, list[Mutant]]:
    """What became of each mutant, and how many there were before the choice."""
    reports = [report for report in reports if report.lost]
    if not reports:
        return 0, []
    mutations = mutants(exercise.path("solutions").read_text(encoding="utf-8"))
    found = []
    for number, mutation in enumerate(chosen(mutations)):
        passed = [report.seed for report in reports if not report.lost[number]]
        differs = next((report.lost[number] for report in reports if report.lost[number]), "")
        if passed and (certificate.random or not differs):
            differs = certificate.failed.get(number, "")
        fate = "rejected" if not passed else "survived" if differs else "equivalent"
        survived = passed if fate == "survived" else []
        found.append(Mutant(mutation.operator, mutation.line, mutation.diff, fate, survived, differs))
    return len(mutations), found


def _survivors(exercise: Exercise, judged: ExerciseAudit) -> list[Problem]:
    """A problem if too many wrong mutants passed."""
    rate = judged.kill_rate
    if rate is None or rate >= TARGET:
        return []
    path = exercise.path("solutions")
    lines = [f"{path}:{m.line}: differs in {m.differs}\n{m.diff}" for m in judged.of_fate("survived")]
    message = f"rejects {rate:.1%} of the mutants that are wrong; {TARGET:.0%} are wanted"
    return [Problem("survivors", exercise.id, str(exercise.path("graders")), 1, message, "\n".join(lines))]


def _merged(reports: list[SeedReport]) -> list[Problem]:
    """The problems of all seeds, each once, with the seeds that it was met at."""
    found: dict[tuple, Problem] = {}
    for report in reports:
        for problem in report.problems:
            key = problem.kind, problem.file, problem.line, problem.message
            first = found.get(key, problem)
            found[key] = msgspec.structs.replace(first, seeds=[*first.seeds, report.seed])
    return list(found.values())


def _seed_unit(root: Path, target: str, level: int, seed: int, depth: Depth) -> SeedReport:
    course = read_course(root)
    return audit_seed(course, course.find(target)[0], seed, _zygote(course, level), depth)


def _exam_unit(root: Path, target: str, level: int, candidates: list[int]) -> Certificate:
    course = read_course(root)
    return certify(course, course.find(target)[0], candidates, _zygote(course, level))


def _zygote(course: Course, level: int) -> Zygote:
    """This process's zygote; it ends with the process."""
    torch.set_num_threads(1)
    key = course.root, level
    if key not in _zygotes:
        zygote = _zygotes[key] = Zygote(level, [course.root / folder for folder in CONTENT])
        zygote.start()
    return _zygotes[key]


class _Here(Executor):
    """Runs everything at once, in this process, and ends the zygotes that it started."""

    def submit(self, function: Callable, /, *args: object, **kwargs: object) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        while _zygotes:
            _zygotes.popitem()[1].close()


def _executor(jobs: int, units: int) -> Executor:
    if min(jobs, units) <= 1:
        return _Here()
    return ProcessPoolExecutor(min(jobs, units), multiprocessing.get_context("spawn"))


def _hash(course: Course) -> str:
    try:
        return course.hash
    except OSError:  # a file is missing, which is reported
        return ""
