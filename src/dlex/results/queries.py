"""What the store asks a database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Select, case, func, select

from dlex.results.schema import results, run_results, runs, submissions


class Conditions(msgspec.Struct, frozen=True):
    """What decides a grade, besides the submission. `targets` are exercise ids, in any order."""

    course_hash: str
    seed: int
    targets: tuple[str, ...]
    device: str = "cpu"

    @property
    def targets_hash(self) -> str:
        return targets_hash(self.targets)


def targets_hash(targets: Iterable[str]) -> str:
    """The same for the same exercise ids, in whatever order."""
    return hashlib.sha256("\n".join(sorted(set(targets))).encode()).hexdigest()[:32]


def with_submission(*columns: ColumnElement) -> Select:
    """Columns of results, joined to the submissions."""
    return select(*columns).join(submissions, results.c.submission_id == submissions.c.id)


def done(conditions: Conditions) -> Select:
    """Graded under these conditions; in order, so that two writers lock rows alike."""
    rows = with_submission(results.c.id, submissions.c.name, submissions.c.digest)
    return rows.order_by(results.c.id).where(
        results.c.status == "graded",
        results.c.course_hash == conditions.course_hash,
        results.c.seed == conditions.seed,
        results.c.targets_hash == conditions.targets_hash,
        results.c.device == conditions.device,
    )


def of_run(run: int) -> Select:
    """What counts for a run."""
    linked = with_submission(results.c.id, submissions.c.name)
    return linked.join(run_results, run_results.c.result_id == results.c.id).where(
        run_results.c.run_id == run
    )


def latest() -> Select:
    """Of each learner the result that the newest run holds; the newest row, where it holds several."""
    newest = func.row_number().over(
        partition_by=submissions.c.name, order_by=(run_results.c.run_id.desc(), results.c.id.desc())
    )
    ranked = (
        with_submission(results.c.id, submissions.c.name, newest.label("place"))
        .join(run_results, run_results.c.result_id == results.c.id)
        .subquery()
    )
    return select(ranked.c.id, ranked.c.name).where(ranked.c.place == 1)


def all_runs() -> Select:
    """Runs, each with how many of its results are graded, and how many are not."""
    graded = func.count(case((results.c.status == "graded", 1)))
    lost = func.count(case((results.c.status != "graded", 1)))
    return (
        select(runs, graded.label("graded"), lost.label("not_graded"))
        .outerjoin(run_results, run_results.c.run_id == runs.c.id)
        .outerjoin(results, run_results.c.result_id == results.c.id)
        .group_by(runs.c.id)
    )


def alike(course_hash: str, targets: Iterable[str], device: str) -> Select:
    """Runs of one course, the same targets and device, newest first."""
    return (
        all_runs()
        .where(runs.c.course_hash == course_hash, runs.c.targets_hash == targets_hash(targets))
        .where(runs.c.device == device)
        .order_by(runs.c.id.desc())
    )


def earlier(run: int, name: str, digest: str, course_hash: str, seed: int) -> Select:
    """Grades of one submission in runs before `run`, of another course or seed; newest first."""
    return (
        with_submission(results.c.record)
        .join(run_results, run_results.c.result_id == results.c.id)
        .where(submissions.c.name == name, submissions.c.digest == digest)
        .where(run_results.c.run_id < run, results.c.status == "graded")
        .where((results.c.course_hash != course_hash) | (results.c.seed != seed))
        .order_by(run_results.c.run_id.desc(), results.c.id.desc())
    )
