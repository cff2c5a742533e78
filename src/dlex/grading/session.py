"""Grade submissions: one call collects graders and starts the zygote, then grades whatever comes.

course ──► pytest (trusted): graders collected, examples drawn ──┐ once
zygote (untrusted side): torch imported, nothing run ────────────┤ once
                                                                 ▼
per submission and exercise:  a fork of the zygote loads the source; the checks call it
"""

from __future__ import annotations

import datetime
import difflib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from dlex.course import CONTENT, Course, Exercise
from dlex.grading.attempt import Attempt
from dlex.grading.collected import Collected
from dlex.grading.diagnose import diagnose
from dlex.grading.failures import CalledForbidden, SubmissionFailed
from dlex.grading.messages import check_result, describe, once_all_else_is_right
from dlex.grading.mistakes import Mistake
from dlex.grading.plugin import Grader, Plugin, run_pytest
from dlex.grading.replay import FrozenCheck, Replay, shrink
from dlex.language import _
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult
from dlex.results.text import plain
from dlex.submission import Submission, in_cells
from dlex.worker import sandbox, wire
from dlex.worker.client import Budget, ZygoteDied
from dlex.worker.launcher import Zygote

PRETEND = "pretend"  # a device: every call on the pretend GPU
ZYGOTE_TRIES = 3
SHRINK_TRIES = 250  # examples, for all failures of an exercise together: a count, so that every run of
# the same grade finds the same counterexample


def grade(
    course: Course,
    exercises: list[Exercise],
    submissions: Iterable[Submission],
    *,
    seed: int = 0,
    isolation: int | None = None,
    stop_at_failure: bool = False,
    device: str = "cpu",
) -> list[SubmissionResult]:
    """Grade every submission on every exercise; results come in the same order.

    Args:
        seed: draws the examples; the same seed gives the same result.
        isolation: 0, 1 or 2; the best that the machine has if left out.
        stop_at_failure: leave an exercise at its first failing check.
        device: where submissions are given their arguments: "cpu", "cuda:0", or PRETEND.

    Raises:
        CourseError: a grader or a reference is broken.
        MachineError: the isolation level cannot be had.
    """
    level = sandbox.require(isolation).level
    zygote = Zygote(level, [course.root / folder for folder in CONTENT], gpu_of(device))
    zygote.start()
    results: list[SubmissionResult] = []

    def work(plugin: Plugin) -> None:
        session = Session(plugin, zygote, course, exercises, seed, level, stop_at_failure, device)
        results.extend(map(session.grade, submissions))

    torch.set_num_threads(1)
    try:
        run_pytest(course, exercises, seed, work, kind_of(device))
    finally:
        zygote.close()
    return results


def gpu_of(device: str) -> str:
    """The real GPU that a device is, or ""."""
    return device if device.startswith("cuda:") else ""


def kind_of(device: str) -> str:
    """What a call says of a device, and a record: "cpu" or "cuda"."""
    return wire.CPU if device == wire.CPU else wire.GPU


@dataclass(frozen=True)
class Session:
    """All that is warm, and how to grade with it."""

    plugin: Plugin | Collected
    zygote: Zygote
    course: Course
    exercises: list[Exercise]
    seed: int
    level: int
    stop_at_failure: bool = False
    device: str = wire.CPU

    def grade(self, submission: Submission) -> SubmissionResult:
        """The record of one submission."""
        began, now = time.monotonic(), datetime.datetime.now(datetime.UTC)
        grading = _Grading(self, submission)
        graded = [grading.result(self.plugin.graders[exercise.id]) for exercise in self.exercises]
        lost = [exercise.message for exercise in graded if exercise.status == "not_graded"]
        return self._record(submission, now, graded, lost[0] if lost else "", time.monotonic() - began)

    def not_graded(self, submission: Submission, reason: str) -> SubmissionResult:
        """The record of a submission on which the machinery failed."""
        now = datetime.datetime.now(datetime.UTC)
        graders = [self.plugin.graders[exercise.id] for exercise in self.exercises]
        graded = [_ungraded(grader, "not_graded", "not_graded", reason) for grader in graders]
        return self._record(submission, now, graded, reason, 0.0)

    def _record(self, submission, now, graded: list[ExerciseResult], reason: str, seconds: float):
        return SubmissionResult(
            submission=plain(submission.name),
            course=self.course.name,
            course_hash=self.course.hash,
            seed=self.seed,
            device=kind_of(self.device),
            isolation=self.level,
            started=now.isoformat(timespec="seconds"),
            duration_s=round(seconds, 4),
            status="not_graded" if reason else "graded",
            reason=reason,
            score=sum(exercise.score for exercise in graded),
            max_score=sum(exercise.max_score for exercise in graded),
            exercises=graded,
        )


class _Grading:
    """One submission on its way to a record; its budget goes from exercise to exercise."""

    def __init__(self, session: Session, submission: Submission):
        self._session, self._submission = session, submission
        limits = session.course.file.limits
        self._budget = Budget(
            limits.check_seconds,
            limits.submission_seconds,
            limits.memory_mb << 20,
            limits.output_kb << 10,
        )

    def result(self, grader: Grader) -> ExerciseResult:
        """The record of one exercise."""
        return self._named(self._exercise(grader))

    def _named(self, result: ExerciseResult) -> ExerciseResult:
        """The result with the name of the learner's file, if there is one, and what to know about it."""
        source = self._submission.sources[result.id]
        if source.missing:
            return result
        if source.file.endswith(".ipynb"):
            result = _in_cells(result, source.content or b"")
        message = "\n".join(filter(None, (result.message, plain(source.note))))
        return msgspec.structs.replace(result, file=plain(source.file), message=message)

    def _exercise(self, grader: Grader) -> ExerciseResult:
        """Grade one exercise; if the zygote dies meanwhile, again: it is never the learner's fault."""
        source = self._submission.sources[grader.exercise.id]
        if source.missing:
            return _ungraded(grader, "missing", "not_attempted", source.problem)
        if source.content is None:
            return _ungraded(grader, "load_error", "error", source.problem)
        if not source.content.strip():
            told = _("{file} is empty").format(file=Path(source.file).name)
            return _ungraded(grader, "load_error", "error", told)
        for _try in range(ZYGOTE_TRIES):
            attempt = self._attempt(grader, source.content)
            try:
                return self._attempted(grader, attempt)
            except ZygoteDied as death:
                reason = str(death)
            finally:
                attempt.close()
        told = _("the sandbox failed: {reason}").format(reason=reason)
        return _ungraded(grader, "not_graded", "not_graded", told)

    def _attempt(self, grader: Grader, content: bytes) -> Attempt:
        session, exercise = self._session, grader.exercise
        entropy = f"{session.seed}:{exercise.id}:{self._submission.name}"  # the same for the same grade
        return Attempt(session.zygote, self._budget, exercise, content, entropy)

    def _attempted(self, grader: Grader, attempt: Attempt) -> ExerciseResult:
        exercise = grader.exercise
        attempt.budget.start_exercise()
        try:
            attempt.start()
        except SubmissionFailed as error:
            outcome = "forbidden" if isinstance(error, CalledForbidden) else "error"
            file = Path(self._submission.sources[exercise.id].file).name
            told = _("{file} does not load: {problem}")
            message = told.format(file=file, problem=describe(error, exercise))
            return _ungraded(grader, "load_error", outcome, message, attempt.output, error.line)
        file = Path(self._submission.sources[exercise.id].file).name
        problem = _wrong_definitions(exercise, attempt.definitions, file)
        if problem:
            return _ungraded(grader, "load_error", "error", problem, attempt.output)
        replays = self._session.plugin.run(grader, attempt, self._session.stop_at_failure)
        checks = self._records(grader, attempt, replays)
        untouched = all(check.outcome == "not_attempted" for check in checks)
        return ExerciseResult(
            id=exercise.id,
            title=exercise.title,
            status="not_attempted" if untouched else "graded",
            score=sum(check.points for check in checks),
            max_score=grader.max_score,
            message=_("{name} is still the stub").format(name=exercise.name) if untouched else "",
            output=plain(attempt.output, limit=attempt.budget.output),
            checks=checks,
        )

    def _records(self, grader: Grader, attempt: Attempt, replays: dict[str, Replay]) -> list[CheckResult]:
        seen = [(frozen, replays[frozen.name]) for frozen in grader.checks if frozen.name in replays]
        unexplained = [(frozen, result) for frozen, result in seen if not _has_fault(result)]
        mistakes = diagnose(grader.suspects, unexplained)
        self._shrink(seen, mistakes, attempt)
        checks = [
            check_result(
                frozen,
                replays[frozen.name],
                mistakes.get(frozen.name),
                grader.exercise,
                grader.reference,
                self._submission.sources[grader.exercise.id].content,
            )
            if frozen.name in replays
            else _unscored(grader.exercise, frozen, "error", _("it was not run"))
            for frozen in grader.checks
        ]
        return once_all_else_is_right(checks)

    def _shrink(self, seen: list[tuple[FrozenCheck, Replay]], mistakes: dict[str, Mistake], attempt: Attempt):
        """Shrink one failure for each cause: the one that a report shows for it."""
        causes: dict[str, tuple[FrozenCheck, Replay]] = {}
        for frozen, result in sorted(seen, key=lambda entry: entry[0].prominence):
            if result.failure is not None:
                mistake = mistakes.get(frozen.name)
                causes.setdefault(mistake.name if mistake else frozen.name, (frozen, result))
        left = SHRINK_TRIES
        for done, (frozen, result) in enumerate(causes.values()):
            result.failure, used = shrink(frozen, attempt, result.failure, left // (len(causes) - done))
            left -= used


def _has_fault(result: Replay) -> bool:
    """Whether a check was lost for what happened with devices: no other mistake has to explain that."""
    return result.failure is not None and result.failure.error.fault is not None


def _in_cells(result: ExerciseResult, content: bytes) -> ExerciseResult:
    """A result that speaks of a notebook's cells; lines of a joined file exist for nobody."""
    checks = [
        msgspec.structs.replace(check, message=in_cells(check.message, content), line=0)
        for check in result.checks
    ]
    return msgspec.structs.replace(result, message=in_cells(result.message, content), checks=checks)


def _unscored(
    exercise: Exercise, frozen: FrozenCheck, outcome: str, message: str, line: int = 0
) -> CheckResult:
    info = frozen.info
    shown = info.hidden, info.feedback, message
    return CheckResult(frozen.name, exercise.say(info.title), outcome, 0.0, info.points, *shown, line=line)


def _ungraded(
    grader: Grader, status: str, outcome: str, message: str, output: str = "", line: int = 0
) -> ExerciseResult:
    """An exercise none of whose checks ran, and why."""
    message, exercise = plain(message), grader.exercise
    checks = [_unscored(exercise, frozen, outcome, message, line) for frozen in grader.checks]
    return ExerciseResult(
        exercise.id, exercise.title, status, 0.0, grader.max_score, message, plain(output), checks
    )


def _wrong_definitions(exercise: Exercise, definitions: dict[str, str], file: str) -> str:
    """Why a file that loaded cannot be called: none of its functions is there, or one is async."""
    missing = [name for name in exercise.functions if name not in definitions]
    if len(missing) == len(exercise.functions):
        near = difflib.get_close_matches(missing[0], definitions, n=1, cutoff=0.6)
        told = _("{file} defines no function {name}")
        if near:
            told = _("{file} defines no function {name}, but it has {near}: if that is it, call it {name}")
        return told.format(file=file, name=missing[0], near=near[0] if near else "")
    return ""
