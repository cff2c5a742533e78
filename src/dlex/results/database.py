"""Open a database and bring its tables up to date; say in plain words why one cannot be used.

SQLite keeps its rollback journal, synchronous=EXTRA: what is committed survives a kill and a power
cut, all of it lies in one file that can be copied, and shared folders work (a write-ahead log needs
shared memory, and a second file that is forgotten in a copy).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, select, table, text
from sqlalchemy import column as named
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from dlex.errors import DlexError, MachineError, UsageError
from dlex.results.schema import HEAD, VERSION_TABLE
from dlex.results.text import plain

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 60
PRAGMAS = ("PRAGMA foreign_keys = ON", "PRAGMA synchronous = EXTRA")
LOCK = 0x646C6578  # "dlex": PostgreSQL's advisory lock while tables are made
ANOTHER = "Give a database of dlex, or the name of one that is to be made, with --db."
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def make_engine(where: str | Path) -> Engine:
    """An engine for a path (SQLite) or a URL of SQLAlchemy's. Nothing is opened yet.

    Raises:
        UsageError: this is no URL.
        MachineError: the driver is not installed.
    """
    url = _url(where)
    sqlite = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(
            url, pool_pre_ping=not sqlite, connect_args={"timeout": BUSY_SECONDS} if sqlite else {}
        )
    except ImportError as error:
        extra = "dlex[postgres]" if url.get_backend_name() == "postgresql" else error.name
        raise MachineError(
            f"{url.get_backend_name()} needs {error.name}, which is not installed or does not load",
            f"Run: pip install '{extra}'",
        ) from None
    if sqlite:
        _set_up_sqlite(engine)
    return engine


def _url(where: str | Path) -> URL:
    if "://" not in str(where):
        return URL.create("sqlite", database=str(Path(where).absolute()))
    try:
        url = make_url(str(where))
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise UsageError(
            "this is no URL of a database",
            "Write a path, or a URL such as postgresql://user:password@host/name.",
        ) from None
    return url


def _set_up_sqlite(engine: Engine) -> None:
    """Explicit transactions: a writer locks at its start, so that it never has to give up half-way."""

    @event.listens_for(engine, "connect")
    def configure(connection, _record) -> None:
        connection.isolation_level = None  # the driver is not to begin transactions of its own
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def transaction(engine: Engine, *, writes: bool = False) -> Iterator[Connection]:
    """All or nothing: committed at the end of the block, rolled back if it raises.

    Raises:
        IntegrityError: a constraint was broken; another process may have been first.
        UsageError, MachineError: the database cannot be used; says why.
    """
    try:
        with engine.connect().execution_options(writes=writes) as connection, connection.begin():
            yield connection
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise _explained(error, name_of(engine)) from None


def name_of(engine: Engine) -> str:
    """What to call the database in a message: its file, or its URL without the password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or "the database in memory"
    return engine.url.render_as_string(hide_password=True)


def _explained(error: DBAPIError, name: str) -> DlexError:
    reason = plain(str(error.orig)).strip().partition("\n")[0]
    if "file is not a database" in reason:
        return UsageError(f"{name} is a file, but no database", ANOTHER)
    if "unable to open database file" in reason:
        return UsageError(f"{name} cannot be opened or made", "Is its folder there, and may you write to it?")
    if "readonly database" in reason:
        return UsageError(f"{name} may not be written", "Copy it to where you may write, or change its mode.")
    if "database is locked" in reason:
        return MachineError(
            f"{name} was in use for {BUSY_SECONDS} s", "End what uses it; what is committed is safe."
        )
    return MachineError(f"{name}: {reason}", "What is committed is safe; put this right, then use --resume.")


def prepare(engine: Engine, *, create: bool) -> None:
    """Bring the tables up to date; processes that open at the same time wait for one another.

    Raises:
        UsageError: no database of dlex, or none at all where `create` is false.
        MachineError: it was made by a newer dlex, or cannot be reached.
    """
    if not create:
        _require(engine)
    with transaction(engine) as connection:
        version = _version(connection)
    if version is None and not create:
        raise _no_grades(engine)
    if version != HEAD:
        _upgrade(engine)


def _require(engine: Engine) -> None:
    """Looking must not make a file."""
    path = (engine.url.database or "").removeprefix("file:")  # as in file:dlex.db?mode=ro&uri=true
    if engine.dialect.name == "sqlite" and not Path(path).exists():
        raise _no_grades(engine)


def _no_grades(engine: Engine) -> UsageError:
    return UsageError(
        f"there are no grades in {name_of(engine)}", "`dlex grade` makes them; --db names another database."
    )


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(named("version_num")).select_from(table(VERSION_TABLE)))


def _refuse_strangers(connection: Connection) -> None:
    if inspect(connection).get_table_names():
        raise UsageError(f"{name_of(connection.engine)} holds the tables of another program", ANOTHER)


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with transaction(engine, writes=True) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        version = _version(connection)  # again: another process may have been first
        if version is None:
            _refuse_strangers(connection)
        elif version not in known:
            raise MachineError(
                f"{name_of(engine)} was made by a newer dlex (schema {plain(version)}, not {HEAD})",
                "Upgrade dlex (pip install -U dlex), or give another database with --db.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
