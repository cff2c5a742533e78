"""One exercise at one seed: what must earn everything does, what must lose does, and by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dlex.audit import files
from dlex.audit.bench import Bench, run_mistake
from dlex.audit.mutants import chosen, mutants
from dlex.audit.problems import from_error
from dlex.audit.records import Problem
from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.grading.checks import ATTRIBUTE
from dlex.grading.diagnose import diagnose
from dlex.grading.failures import SubmissionFailed
from dlex.grading.messages import check_result, describe, line_of_function
from dlex.grading.mistakes import Mistake
from dlex.grading.pictures import draw
from dlex.grading.plugin import Plugin, line_of, run_pytest
from dlex.grading.replay import FrozenCheck, Replay
from dlex.grading.sketches import sketches
from dlex.submission import Source
from dlex.worker.launcher import Zygote


class Depth(msgspec.Struct, frozen=True):
    """What an audit looks at beyond stubs, solutions and variants."""

    mistakes: bool = True
    mutants: bool = True


class SeedReport(msgspec.Struct, frozen=True):
    """What one seed showed. `lost`: for each mutant, the check that it lost first, or ""."""

    seed: int
    problems: list[Problem] = []
    checks: int = 0
    points: float = 0.0
    variants: int = 0
    mistakes: int = 0
    lost: list[str] = []
    seconds: float = 0.0


def audit_seed(course: Course, exercise: Exercise, seed: int, zygote: Zygote, depth: Depth) -> SeedReport:
    """Audit an exercise at one seed."""
    began = time.monotonic()
    reports: list[SeedReport] = []

    def work(plugin: Plugin) -> None:
        bench = Bench(plugin.graders[exercise.id], zygote)
        reports.append(_report(bench, seed, depth))

    try:
        run_pytest(course, [exercise], seed, work)
    except CourseError as error:
        reports = [SeedReport(seed, [from_error(error, exercise)])]
    return msgspec.structs.replace(reports[0], seconds=time.monotonic() - began)


def _report(bench: Bench, seed: int, depth: Depth) -> SeedReport:
    exercise, grader = bench.exercise, bench.grader
    variants = files.variants(exercise)
    problems = [*_declarations(bench), *_stub(bench)]
    wrong = list(_must_pass(bench, exercise.path("solutions"), "the solution"))
    problems += wrong or _pictures(bench)
    for path in variants:
        problems += _must_pass(bench, path, "this variant")
    if depth.mistakes:
        problems += _mistakes(bench, seed)
    lost = [] if wrong or not depth.mutants else _mutants(bench)
    return SeedReport(
        seed,
        problems,
        len(grader.checks),
        grader.max_score,
        len(variants),
        len(grader.reference.mistakes),
        lost,
    )


def _declarations(bench: Bench) -> Iterator[Problem]:
    """Checks that are worth nothing, and hidden ones of which nobody said how much they tell."""
    exercise = bench.exercise
    path = str(exercise.path("graders"))
    stated = files.states_feedback(exercise.course)
    for item, frozen in zip(bench.grader.items, bench.grader.checks, strict=True):
        clause = "[" in item.name  # the engine's own; its `operations` is worth nothing
        if not frozen.info.points and not clause:
            message = f"{frozen.name} is worth no points"
            yield Problem("points", exercise.id, path, line_of(item), message)
        if frozen.info.hidden and getattr(item.obj, ATTRIBUTE).feedback is None and not stated:
            message = f"{frozen.name} is hidden, and neither it nor course.toml says how much it tells"
            detail = 'Write feedback="diagnosis" here, or `feedback = "diagnosis"` in course.toml.'
            yield Problem("feedback", exercise.id, path, line_of(item), message, detail)


def _must_pass(bench: Bench, path: Path, what: str) -> Iterator[Problem]:
    """Every check that a right answer loses."""
    exercise = bench.exercise
    try:
        for frozen, result in bench.run(path.read_bytes(), bench.grader.checks):
            if result.failure is not None:
                yield _lost(bench, path, what, frozen, result)
    except SubmissionFailed as error:
        line = error.line or 1
        message = f"{what} does not load: {describe(error, exercise)}"
        yield Problem("lost", exercise.id, str(path), line, message)


def _lost(bench: Bench, path: Path, what: str, frozen: FrozenCheck, result: Replay) -> Problem:
    record = check_result(frozen, result, None, bench.exercise, bench.grader.reference)
    seen = record.counterexample
    detail = record.message
    if seen is not None:
        detail += f"\n{seen.call}\ngave {seen.got}\nexpected {seen.expected}"
    functions = bench.exercise.functions
    called = getattr(result.failure.request, "name", functions[0])
    called = called if called in functions else functions[0]
    line = result.failure.error.line or line_of_function(path.read_bytes(), called) or 1
    return Problem("lost", bench.exercise.id, str(path), line, f"{what} loses {frozen.name}", detail)


def _pictures(bench: Bench) -> Iterator[Problem]:
    """Pictures that cannot be drawn of the solution, or show a difference to it."""
    exercise = bench.exercise
    path = exercise.path("solutions")
    try:
        seen = draw(exercise, Source(path.name, path.read_bytes()), bench.zygote)
    except CourseError as error:
        yield from_error(error, exercise)
        return
    for sketch, picture in zip(sketches(exercise), seen, strict=True):
        if picture.reason or not (picture.same or picture.at_random):
            wrong = f"cannot be drawn: {picture.reason}" if picture.reason else "shows a difference"
            message = f"the picture {sketch.name} of the solution {wrong}"
            yield Problem("picture", exercise.id, str(exercise.path("graders")), sketch.line, message)


def _stub(bench: Bench) -> Iterator[Problem]:
    """The stub must earn nothing."""
    path = bench.exercise.path("exercises")
    try:
        results = list(bench.run(path.read_bytes(), bench.grader.checks))
    except SubmissionFailed:
        return
    earned = [frozen.name for frozen, result in results if result.failure is None and frozen.info.points]
    if earned:
        message = f"the stub earns points: {', '.join(earned)}"
        line = line_of_function(path.read_bytes(), bench.exercise.functions[0])
        yield Problem("stub", bench.exercise.id, str(path), line, message)


def _mistakes(bench: Bench, seed: int) -> Iterator[Problem]:
    """Each mistake must lose what it declares, and be told by its own name."""
    grader = bench.grader
    names = [frozen.name for frozen in grader.checks]
    path = str(bench.exercise.path("reference"))
    if not grader.reference.mistakes:
        message = "there is no mistake: nothing can be named, and nothing shows that the grader rejects it"
        yield Problem("mistake", bench.exercise.id, path, 1, message)
    for mistake in grader.reference.mistakes:
        for constant, replays in run_mistake(grader, mistake, seed):
            wrong = _lost_wrongly(mistake, replays, names) or _named_wrongly(bench, mistake, replays)
            if wrong:
                message = f"the mistake {mistake.name}{constant} {wrong}"
                yield Problem("mistake", bench.exercise.id, path, mistake.line, message)


def _lost_wrongly(mistake: Mistake, replays: list[tuple[FrozenCheck, Replay]], names: list[str]) -> str:
    lost = [frozen.name for frozen, result in replays if result.failure is not None]
    unknown = [name for name in mistake.loses if name not in names]
    if unknown:
        return f"declares to lose {', '.join(unknown)}, but the checks are {', '.join(names)}"
    if not lost:
        return "loses nothing: the grader does not tell it from the oracle"
    if mistake.loses and set(filter(_needs_saying, lost)) != set(filter(_needs_saying, mistake.loses)):
        return f"declares to lose {', '.join(mistake.loses)}, but loses {', '.join(lost)}"
    return ""


def _needs_saying(check: str) -> bool:
    """Whether `loses` has to name a check: the clause `device` asks once more what others ask."""
    return not check.endswith("[device]")


def _named_wrongly(bench: Bench, mistake: Mistake, replays: list[tuple[FrozenCheck, Replay]]) -> str:
    named = {other.name for other in diagnose(bench.grader.suspects, replays).values()}
    if named == {mistake.name}:
        return ""
    others = sorted(named - {mistake.name})
    return f"is diagnosed as {others[0]}" if others else "is never named"


def _mutants(bench: Bench) -> list[str]:
    source = bench.exercise.path("solutions").read_text(encoding="utf-8")
    bench.limit_by(source.encode())
    checks = bench.grader.checks
    return [bench.first_lost(mutation.source.encode(), checks) for mutation in chosen(mutants(source))]
