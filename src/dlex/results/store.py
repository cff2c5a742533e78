"""Grades in a database: SQLite by default, any URL of SQLAlchemy's.

    runs ──< run_results >── results ──< checks
                                └──> submissions

A grade is one transaction, committed before `add` returns. The same bytes, graded by the same
course with the same seed, targets and device, are one grade, however often they are added.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from sqlalchemy import Connection, Row, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dlex import __version__
from dlex.errors import UsageError
from dlex.results import DEFAULT_DATABASE, queries
from dlex.results.choose import narrowed
from dlex.results.database import make_engine, prepare, transaction
from dlex.results.queries import Conditions
from dlex.results.records import SubmissionResult, from_json
from dlex.results.schema import LONGEST_NAME, checks, results, run_results, runs, submissions
from dlex.results.text import plain

READ_AT_ONCE = 50
FEW = 100  # names that one statement may hold

T = TypeVar("T")
Added = Literal["added", "replaced", "kept"]
Submission = tuple[str, str]  # the learner's name, sha256 of the bytes


class Run(msgspec.Struct, frozen=True):
    """One call of `dlex grade`; `finished` is None while it runs, and for ever if it was killed."""

    id: int
    started: str
    finished: str | None
    course: str
    isolation: int
    version: str
    conditions: Conditions
    graded: int = 0
    not_graded: int = 0


class Stored(msgspec.Struct, frozen=True):
    """A result as the database holds it; `id` is its row, `run` the run that made it."""

    id: int
    run: int
    name: str
    digest: str
    result: SubmissionResult


class Store:
    """The grades in one database. Not to be used by a fork of the process that opened it.

    with Store("dlex.db") as store:
        run = store.begin_run(conditions, course="Deep learning", isolation=2)
        store.add(run, "ada", digest, result)
        store.finish_run(run)
    """

    def __init__(self, where: str | Path = DEFAULT_DATABASE, *, create: bool = True):
        """Name a database by path or URL; `open` (or `with`) opens it, and makes it if `create`."""
        self._engine = make_engine(where)
        self._create = create
        self._conditions: dict[int, Conditions] = {}

    def open(self) -> Store:
        """Open the database and bring its tables up to date.

        Raises:
            UsageError: it is no database of dlex, or there is none where it was not to be made.
            MachineError: it was made by a newer dlex, or it cannot be reached.
        """
        try:
            prepare(self._engine, create=self._create)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self.open()

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ── writing ──

    def begin_run(self, conditions: Conditions, *, course: str, isolation: int) -> int:
        """Start a run; its number."""
        row = {
            "started": _now(),
            "course": course,
            "isolation": isolation,
            "version": __version__,
            "course_hash": conditions.course_hash,
            "seed": conditions.seed,
            "device": conditions.device,
            "targets": " ".join(sorted(set(conditions.targets))),
            "targets_hash": conditions.targets_hash,
        }
        with transaction(self._engine, writes=True) as connection:
            return _insert(connection, runs, row)

    def finish_run(self, run: int) -> None:
        """Say that a run reached its end."""
        with transaction(self._engine, writes=True) as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(finished=_now()))

    def add(self, run: int, name: str, digest: str, result: SubmissionResult) -> Added:
        """Commit a grade to a run.

        "added": it is new. "replaced": it takes the place of a try that could not be graded.
        "kept": it was graded before; the earlier result stands, and counts for this run too.

        Args:
            name: the learner's; text as `plain` leaves it, 1 to 512 characters.
            digest: sha256 of the submission's bytes, in hexadecimal.

        Raises:
            UsageError: the name cannot be stored as it is.
            ValueError: the result was made under other conditions than the run's.
            MachineError: the database cannot be written; nothing of this grade is in it.
        """
        _check_name(name)
        conditions = self._conditions_of(run)
        if (result.course_hash, result.seed, result.device) != (
            conditions.course_hash,
            conditions.seed,
            conditions.device,
        ):
            raise ValueError(f"a result of another course, seed or device than run {run}'s")

        def put(connection: Connection) -> Added:
            submission = _submission_id(connection, name, digest)
            return _put(connection, run, submission, conditions.targets_hash, result)

        return self._write(put)

    def keep(self, run: int, wanted: Iterable[Submission]) -> set[Submission]:
        """Let earlier grades of these submissions, made under the run's conditions, count for the
        run; those that there are. The others have to be graded."""
        wanted = set(wanted)
        query = queries.done(self._conditions_of(run))
        if len(wanted) <= FEW:  # all that is graded need not be read for one
            query = query.where(submissions.c.name.in_([name for name, _digest in wanted]))

        def link(connection: Connection) -> set[Submission]:
            rows = [row for row in connection.execute(query) if (row.name, row.digest) in wanted]
            for row in rows:
                _link(connection, run, row.id)
            return {(row.name, row.digest) for row in rows}

        return self._write(link)

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; once more if another process wrote the same row meanwhile."""
        try:
            with transaction(self._engine, writes=True) as connection:
                return work(connection)
        except IntegrityError:
            with transaction(self._engine, writes=True) as connection:
                return work(connection)

    # ── reading ──

    def done(self, conditions: Conditions) -> set[Submission]:
        """What is graded under these conditions, as (name, digest). A `not_graded` is not done."""
        with transaction(self._engine) as connection:
            return {(row.name, row.digest) for row in connection.execute(queries.done(conditions))}

    def runs(self) -> list[Run]:
        """Every run, oldest first."""
        with transaction(self._engine) as connection:
            return [_run(row) for row in connection.execute(queries.all_runs().order_by(runs.c.id))]

    def run(self, number: int | None = None) -> Run:
        """A run by its number, or the newest. UsageError if there is none."""
        query = queries.all_runs().order_by(runs.c.id.desc()).limit(1)
        if number is not None:
            query = query.where(runs.c.id == number)
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            what = "no run" if number is None else f"no run {number}"
            raise UsageError(f"there is {what} in the database", "`dlex results --all-runs` lists them.")
        return _run(row)

    def last_run(self, course_hash: str, targets: Sequence[str], device: str = "cpu") -> Run | None:
        """The newest run of this course, these targets and this device, finished or not."""
        query = queries.alike(course_hash, targets, device)
        with transaction(self._engine) as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else _run(row)

    def learners(self) -> list[str]:
        """The names of all learners, sorted."""
        with transaction(self._engine) as connection:
            return list(connection.scalars(select(submissions.c.name).distinct().order_by("name")))

    def exercises(self) -> list[str]:
        """The ids of all exercises that were graded, sorted."""
        with transaction(self._engine) as connection:
            return list(connection.scalars(select(checks.c.exercise).distinct().order_by("exercise")))

    def records(
        self, run: int | None = None, *, learners: Iterable[str] = (), exercises: Iterable[str] = ()
    ) -> Iterator[Stored]:
        """The results of a run, or the latest of each learner, sorted by name.

        Few are in memory at a time, and no lock is held between two.

        Args:
            learners: only these, if any are named.
            exercises: ids; results are narrowed to these, if any are named.
        """
        with transaction(self._engine) as connection:
            rows = connection.execute(queries.latest() if run is None else queries.of_run(run)).all()
        chosen, exercises = set(learners), set(exercises)
        ids = [row.id for row in sorted(rows, key=_by_name) if not chosen or row.name in chosen]
        for start in range(0, len(ids), READ_AT_ONCE):
            for stored in self._read(ids[start : start + READ_AT_ONCE]):
                result = narrowed(stored.result, exercises)
                if result is not None:
                    yield msgspec.structs.replace(stored, result=result)

    def earlier(self, run: int, stored: Stored) -> SubmissionResult | None:
        """The newest grade of the same submission in a run before `run`, under another course hash
        or seed."""
        given = stored.result
        query = queries.earlier(run, stored.name, stored.digest, given.course_hash, given.seed)
        with transaction(self._engine) as connection:
            record = connection.scalar(query.limit(1))
        return None if record is None else from_json(record)

    def _read(self, ids: Sequence[int]) -> Iterator[Stored]:
        query = queries.with_submission(
            results.c.id, results.c.run_id, submissions.c.name, submissions.c.digest, results.c.record
        ).where(results.c.id.in_(ids))
        with transaction(self._engine) as connection:
            found = {row.id: row for row in connection.execute(query)}
        for row in (found[number] for number in ids):
            yield Stored(row.id, row.run_id, row.name, row.digest, from_json(row.record))

    def _conditions_of(self, run: int) -> Conditions:
        if run not in self._conditions:
            self._conditions[run] = self.run(run).conditions
        return self._conditions[run]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME or plain(name, LONGEST_NAME) != name:
        shown = plain(name, 40)
        raise UsageError(
            f"{shown!r} cannot be stored as a learner's name",
            f"It needs 1 to {LONGEST_NAME} printable characters.",
        )


def _insert(connection: Connection, table, row: dict) -> int:
    return connection.execute(insert(table).values(row)).inserted_primary_key[0]


def _submission_id(connection: Connection, name: str, digest: str) -> int:
    query = select(submissions.c.id).where(submissions.c.name == name, submissions.c.digest == digest)
    return connection.scalar(query) or _insert(connection, submissions, {"name": name, "digest": digest})


def _put(
    connection: Connection, run: int, submission: int, targets_hash: str, result: SubmissionResult
) -> Added:
    key = {
        "submission_id": submission,
        "course_hash": result.course_hash,
        "seed": result.seed,
        "targets_hash": targets_hash,
        "device": result.device,
    }
    same = and_(*(results.c[name] == value for name, value in key.items()))
    there = connection.execute(select(results.c.id, results.c.status).where(same).with_for_update()).first()
    if there is None:
        number, what = _insert(connection, results, key | _row(run, result)), "added"
    elif there.status == "graded":
        number, what = there.id, "kept"
    else:
        number, what = there.id, "replaced"
        connection.execute(update(results).where(results.c.id == number).values(_row(run, result)))
        connection.execute(delete(checks).where(checks.c.result_id == number))
    if what != "kept" and (rows := _check_rows(number, result)):
        connection.execute(insert(checks), rows)
    _link(connection, run, number)
    return what


def _row(run: int, result: SubmissionResult) -> dict:
    return {
        "run_id": run,
        "status": result.status,
        "reason": result.reason,
        "score": result.score,
        "max_score": result.max_score,
        "started": result.started,
        "duration": result.duration_s,
        "record": msgspec.json.encode(result).decode(),
    }


def _check_rows(number: int, result: SubmissionResult) -> list[dict]:
    pairs = [(exercise.id, check) for exercise in result.exercises for check in exercise.checks]
    return [
        {
            "result_id": number,
            "position": position,
            "exercise": exercise,
            "name": check.name,
            "outcome": check.outcome,
            "points": check.points,
            "max_points": check.max_points,
            "hidden": check.hidden,
            "mistake": check.mistake.name if check.mistake else None,
        }
        for position, (exercise, check) in enumerate(pairs)
    ]


def _link(connection: Connection, run: int, number: int) -> None:
    row = {"run_id": run, "result_id": number}
    if connection.execute(select(run_results).filter_by(**row)).first() is None:
        connection.execute(insert(run_results), row)


def _by_name(row: Row) -> tuple[str, str, int]:
    return row.name.casefold(), row.name, row.id


def _run(row: Row) -> Run:
    conditions = Conditions(row.course_hash, row.seed, tuple(row.targets.split()), row.device)
    return Run(
        row.id,
        row.started,
        row.finished,
        row.course,
        row.isolation,
        row.version,
        conditions,
        row.graded,
        row.not_graded,
    )
