"""The tables of the results store. `migrations/` makes them; a test asserts that both agree."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

HEAD = "0001"  # the newest migration
VERSION_TABLE = "dlex_schema"
LONGEST_NAME = 512  # characters; PostgreSQL indexes no more than 2,704 bytes


class Seed(TypeDecorator):
    """A seed below 2**64, as decimal digits: the integers of databases end at 2**63."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: object) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: object) -> int | None:
        return None if value is None else int(value)


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started", String(40), nullable=False),
    Column("finished", String(40)),
    Column("course", Text, nullable=False),
    Column("course_hash", String(64), nullable=False),
    Column("seed", Seed, nullable=False),
    Column("isolation", Integer, nullable=False),
    Column("device", String(64), nullable=False),
    Column("targets", Text, nullable=False),  # exercise ids, sorted, with spaces between
    Column("targets_hash", String(64), nullable=False),
    Column("version", String(64), nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("name", "digest", name="one_row_per_submission"),
)

results = Table(
    "results",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),  # the run that made it
    Column("submission_id", ForeignKey("submissions.id"), nullable=False),
    Column("course_hash", String(64), nullable=False),
    Column("seed", Seed, nullable=False),
    Column("targets_hash", String(64), nullable=False),  # a list of ids may not fit into an index
    Column("device", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("max_score", Float, nullable=False),
    Column("started", String(40), nullable=False),
    Column("duration", Float, nullable=False),  # seconds
    Column("record", Text, nullable=False),  # the whole SubmissionResult, as JSON
    UniqueConstraint("submission_id", "course_hash", "seed", "targets_hash", "device", name="graded_once"),
)

run_results = Table(  # what belongs to a run: what it graded, and what was graded before and still holds
    "run_results",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("result_id", ForeignKey("results.id"), primary_key=True, index=True),
)

checks = Table(
    "checks",
    metadata,
    Column("result_id", ForeignKey("results.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # in the record, from 0
    Column("exercise", String(255), nullable=False),
    Column("name", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("points", Float, nullable=False),
    Column("max_points", Float, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("mistake", Text),
)
