"""The file `.dlex/history.db`: opened for one piece of work at a time, by any number of processes.

Rollback journals, not WAL: home folders on network file systems cannot do the latter. A process that
dies, at whatever point, leaves what was committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dlex.errors import UsageError
from dlex.language import _
from dlex.workspace.folder import MARKER

NAME = "history.db"
WAIT_S = 20.0
VERSION = 1
OURS = 0x646C6578  # "dlex", where SQLite keeps whose file it is

SCHEMA = """
CREATE TABLE version (digest TEXT PRIMARY KEY, text BLOB NOT NULL) STRICT;
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, exercise TEXT NOT NULL, status TEXT NOT NULL,
    score REAL NOT NULL, max_score REAL NOT NULL, digest TEXT REFERENCES version, outcomes BLOB NOT NULL
) STRICT;
CREATE INDEX attempt_exercise ON attempt (exercise, id);
CREATE TABLE hint (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, exercise TEXT NOT NULL, step TEXT NOT NULL
) STRICT;
CREATE TABLE taken_over (file TEXT PRIMARY KEY) STRICT;
"""


def database_path(workspace: Path) -> Path:
    return workspace / MARKER / NAME


@contextmanager
def reading(workspace: Path | None) -> Iterator[sqlite3.Connection]:
    """A connection; to an empty database if there is no workspace, or nothing in it yet."""
    there = workspace is not None and database_path(workspace).exists()
    with _opened(database_path(workspace) if there else None) as connection:
        yield connection


@contextmanager
def writing(workspace: Path | None) -> Iterator[sqlite3.Connection]:
    """A transaction: all of it is on the disk at the end, or nothing. Outside of a workspace, nothing."""
    with _opened(workspace and database_path(workspace)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def _opened(path: Path | None) -> Iterator[sqlite3.Connection]:
    """UsageError, with what to do, for whatever the file or the machine makes impossible."""
    if path is not None and path.exists() and not path.is_file():
        raise damaged(path, _("it is no ordinary file"))
    try:
        with closing(sqlite3.connect(path or ":memory:", WAIT_S, isolation_level=None)) as connection:
            _prepare(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    """Make the tables of a new file. UsageError if it is another program's, or a newer dlex's."""
    if _version(connection) == (OURS, VERSION):
        return
    connection.execute("BEGIN IMMEDIATE")
    owner, version = _version(connection)  # somebody may have been quicker
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    if (owner, version) == (0, 0) and empty:
        for statement in filter(str.strip, SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {OURS}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    if owner == OURS and version > VERSION:
        raise UsageError(
            _("{path} was written by a newer dlex").format(path=path),
            _("Use that one: pip install --upgrade dlex"),
        )
    if not empty and owner != OURS:
        raise damaged(path, _("another program made it"))


def _version(connection: sqlite3.Connection) -> tuple[int, int]:
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    return owner, connection.execute("PRAGMA user_version").fetchone()[0]


def damaged(path: Path | None, reason: str) -> UsageError:
    """What to say of a file that cannot be read. It is left as it is: something may be saved from it."""
    return UsageError(
        _("{path} is damaged: {reason}").format(path=path, reason=reason),
        _(
            "Only the record of your progress is in it. Put it aside, to begin a new one:\n"
            "mv {path} {path}.damaged"
        ).format(path=path),
    )


def _explained(error: sqlite3.Error, path: Path | None) -> UsageError:
    kind = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    steps = {
        sqlite3.SQLITE_BUSY: _("Another program holds it: close that, then try again."),
        sqlite3.SQLITE_LOCKED: _("Another program holds it: close that, then try again."),
        sqlite3.SQLITE_READONLY: _("Make it and its folder writable."),
        sqlite3.SQLITE_PERM: _("Make it and its folder writable."),
        sqlite3.SQLITE_CANTOPEN: _("Make it and its folder readable and writable."),
        sqlite3.SQLITE_FULL: _("Make room on the disk."),
        sqlite3.SQLITE_IOERR: _("See whether the disk is all right, and not full."),
    }
    if kind not in steps:
        return damaged(path, str(error))
    return UsageError(_("{path} cannot be used: {reason}").format(path=path, reason=error), steps[kind])
