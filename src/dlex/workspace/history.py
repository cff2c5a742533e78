"""What a learner did: every check with the file that was checked, and every hint that was shown."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dlex.errors import DlexError
from dlex.results.feedback import for_learner
from dlex.results.records import CheckResult, ExerciseResult, NamedMistake, Outcome, SubmissionResult
from dlex.submission import Source
from dlex.workspace.database import damaged, database_path, reading, writing
from dlex.workspace.takeover import take_over

RECORDED = ("graded", "load_error")  # a stub, a missing file or a broken machine is no attempt


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outcome of one check, as far as learners may know it."""

    name: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    hidden: bool = False
    hint: str = ""
    mistake: NamedMistake | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One check of one exercise. `number` counts an exercise's attempts from 1; `digest` names the
    text of the file, where it was kept."""

    number: int
    at: str
    exercise: str
    status: str
    score: float
    max_score: float
    digest: str | None
    checks: list[Check]


class Best(msgspec.Struct, frozen=True):
    """The best result so far for one exercise, and how many attempts there were."""

    score: float
    max_score: float
    attempts: int

    @property
    def done(self) -> bool:
        return self.score >= self.max_score


class Shown(msgspec.Struct, frozen=True):
    """A hint that was shown: when, and which (see dlex.hints)."""

    at: str
    step: str


_SELECT = (
    "SELECT row_number() OVER (PARTITION BY exercise ORDER BY id) AS number, at, exercise, status, score, "
    "max_score, digest, outcomes FROM attempt"
)
_BEST = (
    "SELECT exercise, score, max_score, count(*), max(CASE max_score WHEN 0 THEN 1.0 "
    "ELSE score / max_score END) FROM attempt GROUP BY exercise"
)


class History:
    """The history of a workspace. Without one it is empty, and forgets.

    Every method raises UsageError, with what to do, if the file cannot be used.

    >>> history = History(find_workspace())                                # doctest: +SKIP
    >>> history.record(result, submission.sources)                         # doctest: +SKIP
    >>> history.attempts("ch03/softmax")[-1].score                         # doctest: +SKIP
    """

    def __init__(self, workspace: Path | None):
        self._workspace = workspace
        if workspace is not None:
            take_over(workspace)

    def record(
        self, result: SubmissionResult, sources: Mapping[str, Source], *, partial: bool = False
    ) -> None:
        """Add what was graded. What learners may not know about hidden checks is not recorded.

        Args:
            sources: the learner's files by exercise id, as in `Submission.sources`.
            partial: the checks after the first failing one were not run.
        """
        graded = [each for each in for_learner(result).exercises if each.status in RECORDED]
        if not graded or self._workspace is None:
            return
        with writing(self._workspace) as database:
            for exercise in graded:
                digest = _keep(database, sources.get(exercise.id))
                row = _row(exercise, result.started, digest, partial)
                database.execute("INSERT INTO attempt VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)

    def attempts(self, exercise: str | None = None) -> list[Attempt]:
        """The attempts at one exercise, by id, or at all; the oldest first."""
        where = "WHERE exercise = ?" if exercise else ""
        with reading(self._workspace) as database:
            rows = database.execute(f"{_SELECT} {where} ORDER BY id", (exercise,) * bool(exercise))
            return [self._attempt(row) for row in rows]

    def latest(self, exercise: str) -> Attempt | None:
        """The attempt at an exercise that was made last."""
        with reading(self._workspace) as database:
            row = database.execute(f"{_SELECT} WHERE exercise = ? ORDER BY id DESC LIMIT 1", (exercise,))
            return next((self._attempt(each) for each in row), None)

    def best(self) -> dict[str, Best]:
        """The best result for each exercise that was attempted, by id."""
        with reading(self._workspace) as database:
            rows = database.execute(_BEST).fetchall()
        return {exercise: Best(score, most, count) for exercise, score, most, count, _share in rows}

    def text(self, attempt: Attempt) -> bytes | None:
        """The learner's file at that time; None if it was not kept."""
        with reading(self._workspace) as database:
            row = database.execute("SELECT text FROM version WHERE digest = ?", (attempt.digest,)).fetchone()
        return row and row[0]

    def hints(self, exercise: str) -> list[Shown]:
        """The hints that were shown, the first one first."""
        with reading(self._workspace) as database:
            rows = database.execute("SELECT at, step FROM hint WHERE exercise = ? ORDER BY id", (exercise,))
            return [Shown(*row) for row in rows]

    def record_hint(self, exercise: str, step: str) -> None:
        """Note that a hint is shown now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with writing(self._workspace) as database:
            database.execute("INSERT INTO hint VALUES (NULL, ?, ?, ?)", (now, exercise, step))

    def _attempt(self, row: tuple) -> Attempt:
        *values, outcomes = row
        try:
            checks = msgspec.json.decode(outcomes, type=list[Check])
        except msgspec.DecodeError as error:
            raise damaged(database_path(self._workspace), str(error)) from None
        return Attempt(*values, checks)


def remember(
    workspace: Path | None,
    result: SubmissionResult,
    sources: Mapping[str, Source],
    *,
    partial: bool = False,
) -> str:
    """Record a result, as `History.record` does: a check is worth showing even where that fails.

    Returns:
        Why nothing was recorded, to be told after the result; "" if all is well.
    """
    try:
        History(workspace).record(result, sources, partial=partial)
    except DlexError as error:
        return str(error)
    return ""


def _keep(database: sqlite3.Connection, source: Source | None) -> str | None:
    """Keep a version of a file, once; its digest."""
    if source is None or source.content is None:
        return None
    digest = hashlib.sha256(source.content).hexdigest()
    database.execute("INSERT OR IGNORE INTO version VALUES (?, ?)", (digest, source.content))
    return digest


def _row(exercise: ExerciseResult, at: str, digest: str | None, partial: bool) -> tuple:
    checks = msgspec.json.encode([_check(check) for check in _run(exercise, partial)])
    return at, exercise.id, exercise.status, exercise.score, exercise.max_score, digest, checks


def _run(exercise: ExerciseResult, partial: bool) -> list[CheckResult]:
    """The checks that were run: up to the first failure, if that ended it."""
    failed = (number for number, check in enumerate(exercise.checks, 1) if check.outcome != "passed")
    return exercise.checks[: next(failed, None)] if partial else exercise.checks


def _check(check: CheckResult) -> Check:
    return Check(
        check.name, check.title, check.outcome, check.points, check.max_points, check.hidden, check.hint,
        check.mistake,
    )  # fmt: skip
