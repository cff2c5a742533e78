"""The results store: nothing is lost, nothing is there twice, nothing is half-written."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine, text
from store_samples import CONDITIONS, LENET, SOFTMAX, check, digest, exercise, lost, result

from dlex.errors import MachineError, UsageError
from dlex.results.regrade import Summary, compare, compare_run
from dlex.results.schema import HEAD, VERSION_TABLE, metadata
from dlex.results.store import Conditions, Store

HERE = Path(__file__).resolve().parent

HOSTILE = "[red]eve[/red] =cmd|'/c calc'!A0 :smile: 学生"


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A throw-away PostgreSQL without a port; its URL."""
    pytest.importorskip("psycopg", exc_type=ImportError, reason="needs psycopg: pip install 'dlex[postgres]'")
    if not (shutil.which("initdb") and shutil.which("pg_ctl")):
        pytest.skip("needs PostgreSQL's initdb and pg_ctl on the PATH")
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses root
    folder = Path(tempfile.mkdtemp(prefix="dlex-pg-"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(*command: str) -> None:
        log = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        done = subprocess.run(command, user=user, cwd=folder, env={"PATH": os.environ["PATH"]}, **log)
        assert done.returncode == 0, done.stderr

    try:
        run("initdb", "-D", "data", "-U", "dlex", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://dlex@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres(cluster: str) -> str:
    """The URL of an empty PostgreSQL database: a schema of its own, which is made faster."""
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(cluster.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{cluster}&options=-csearch_path%3D{name}"


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return str(tmp_path / "odd % name?.db")


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest) -> str:
    """Where a store can be made: each kind of database in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    with Store(where) as store:
        yield store


def begin(store: Store, conditions: Conditions = CONDITIONS) -> int:
    return store.begin_run(conditions, course="Course", isolation=1)


def add(store: Store, run: int, *names: str) -> None:
    for name in names:
        assert store.add(run, name, digest(name), result(name)) == "added"


def names(store: Store, run: int | None = None, **only: list[str]) -> list[str]:
    return [stored.name for stored in store.records(run, **only)]


def other(**changes: object) -> Conditions:
    return msgspec.structs.replace(CONDITIONS, **changes)


class TestGrades:
    def test_come_back_whole(self, where: str) -> None:
        given = result("ada")
        with Store(where) as store:
            run = begin(store)
            assert store.add(run, "ada", digest("ada"), given) == "added"
        with Store(where, create=False) as store:
            (stored,) = store.records(run)
        assert (stored.name, stored.digest, stored.run, stored.result) == ("ada", digest("ada"), run, given)

    def test_twice_is_once(self, store: Store) -> None:
        run = begin(store)
        add(store, run, "ada")
        better = result("ada", exercise(SOFTMAX, check("test_rows")))
        assert store.add(run, "ada", digest("ada"), better) == "kept"
        assert [stored.result for stored in store.records(run)] == [result("ada")]

    def test_of_a_repeated_run_count_for_both(self, store: Store) -> None:
        add(store, first := begin(store), "ada")
        second = begin(store)
        assert store.add(second, "ada", digest("ada"), result("ada")) == "kept"
        assert names(store, first) == names(store, second) == ["ada"]
        assert len(names(store)) == 1

    @pytest.mark.parametrize(
        "change", [{"course_hash": "hash-2"}, {"seed": 8}, {"device": "cuda"}, {"targets": (SOFTMAX,)}]
    )
    def test_under_other_conditions_are_others(self, store: Store, change: dict) -> None:
        add(store, begin(store), "ada")
        run = begin(store, other(**change))
        again = result("ada", conditions=other(**change))
        assert store.add(run, "ada", digest("ada"), again) == "added"
        assert store.done(other(**change)) == store.done(CONDITIONS) == {("ada", digest("ada"))}

    def test_of_other_bytes_are_others(self, store: Store) -> None:
        run = begin(store)
        add(store, run, "ada")
        assert store.add(run, "ada", digest("ada, later"), result("ada")) == "added"
        assert names(store, run) == ["ada", "ada"] and names(store) == ["ada"]
        assert next(store.records()).digest == digest("ada, later")

    def test_that_were_lost_are_not_done_and_replaced(self, store: Store) -> None:
        first, second = begin(store), begin(store)
        assert store.add(first, "ada", digest("ada"), lost("ada")) == "added"
        assert store.done(CONDITIONS) == set() == store.keep(second, [("ada", digest("ada"))])
        assert store.add(second, "ada", digest("ada"), lost("ada")) == "replaced"
        assert store.add(second, "ada", digest("ada"), result("ada")) == "replaced"
        assert store.add(second, "ada", digest("ada"), lost("ada")) == "kept"
        assert [stored.result.status for stored in store.records()] == ["graded"]

    def test_under_conditions_that_are_not_the_runs_are_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="another course, seed or device"):
            store.add(begin(store), "ada", digest("ada"), result("ada", conditions=other(seed=8)))

    @pytest.mark.parametrize("name", ["", "x" * 513, "a\0b", "a\x1b[2Jb", "a\udc80b"])
    def test_of_unprintable_names_are_refused(self, store: Store, name: str) -> None:
        with pytest.raises(UsageError, match="cannot be stored as a learner's name"):
            store.add(begin(store), name, digest("x"), result("x"))

    def test_of_long_names_and_large_seeds_fit(self, store: Store) -> None:
        conditions, name = other(seed=2**64 - 1), "学" * 512
        run = begin(store, conditions)
        store.add(run, name, digest(name), result(name, conditions=conditions))
        assert store.done(conditions) == {(name, digest(name))}
        assert store.run(run).conditions.seed == 2**64 - 1

    def test_without_a_check_are_kept(self, store: Store) -> None:
        run = begin(store)
        empty = msgspec.structs.replace(result("ada"), exercises=[])
        store.add(run, "ada", digest("ada"), empty)
        assert next(store.records(run, exercises=[SOFTMAX])).result == empty


class TestRuns:
    def test_are_counted(self, store: Store) -> None:
        run = begin(store)
        add(store, run, "ada", "bob")
        store.add(run, "eve", digest("eve"), lost("eve"))
        assert store.run().finished is None
        store.finish_run(run)
        begin(store)
        first, second = store.runs()
        assert (first.id, first.graded, first.not_graded) == (run, 2, 1) and first.finished
        assert (second.graded, second.not_graded, second.finished) == (0, 0, None)
        assert first.conditions == other(targets=tuple(sorted(CONDITIONS.targets)))

    def test_last_run_alike_is_taken_up(self, store: Store) -> None:
        targets = [LENET, SOFTMAX]  # in whatever order
        assert store.last_run("hash-1", targets) is None
        begin(store, other(seed=1))
        begin(store, other(seed=2))
        store.finish_run(begin(store, other(seed=3)))
        assert store.last_run("hash-1", targets).finished
        begin(store, other(seed=4, course_hash="hash-2"))
        begin(store, other(seed=5, targets=(SOFTMAX,)))
        begin(store, other(seed=6, device="cuda"))
        assert store.last_run("hash-1", targets).conditions.seed == 3

    def test_keep_what_was_graded(self, store: Store) -> None:
        add(store, begin(store), "ada", "bob", "left-the-course")
        add(store, begin(store, other()), "new")
        resumed = begin(store)
        wanted = [("ada", digest("ada")), ("bob", digest("bob, changed")), ("new", digest("new"))]
        assert store.keep(resumed, wanted) == {wanted[0], wanted[2]}
        assert names(store, resumed) == ["ada", "new"]

    def test_unknown_is_told(self, store: Store) -> None:
        with pytest.raises(UsageError, match="no run 9"):
            store.run(9)


class TestReading:
    def test_more_than_fit_into_one_read(self, store: Store) -> None:
        run = begin(store)
        learners = [f"learner {number:03}" for number in range(60)]
        add(store, run, *reversed(learners))
        assert names(store, run) == names(store) == learners

    def test_while_writing(self, store: Store) -> None:
        run = begin(store)
        add(store, run, "ada", "bob")
        for stored in store.records(run):
            add(store, run, f"{stored.name} too")
        assert len(names(store, run)) == 4

    def test_chooses(self, store: Store) -> None:
        run = begin(store)
        add(store, run, "ada", "bob")
        assert names(store, learners=["bob"]) == ["bob"]
        (ada,) = store.records(run, learners=["ada"], exercises=[LENET])
        assert [e.id for e in ada.result.exercises] == [LENET]
        assert (ada.result.score, ada.result.max_score) == (1, 1)
        assert names(store, exercises=["ch01/none"]) == []

    def test_narrowing_leaves_lost_exercises_out(self, store: Store) -> None:
        run = begin(store)
        gone = exercise(SOFTMAX, check("test_rows", "not_graded"), status="not_graded")
        store.add(run, "ada", digest("ada"), result("ada", gone, exercise(LENET, check("test_shape"))))
        status = {id: next(store.records(run, exercises=[id])).result.status for id in (SOFTMAX, LENET)}
        assert status == {SOFTMAX: "not_graded", LENET: "graded"}


class TestDatabase:
    def test_has_the_tables_that_the_code_expects(self, where: str) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.config import Config
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        from dlex.results.database import MIGRATIONS, make_engine

        Store(where).open().close()
        engine = make_engine(where)
        with engine.connect() as connection:
            options = {"version_table": VERSION_TABLE, "compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, metadata) == []
        engine.dispose()
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        assert ScriptDirectory.from_config(config).get_current_head() == HEAD

    def test_of_a_newer_dlex_is_refused(self, where: str) -> None:
        from dlex.results.database import make_engine

        Store(where).open().close()
        engine = make_engine(where)
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        engine.dispose()
        with pytest.raises(MachineError, match="newer dlex") as told:
            Store(where).open()
        assert "pip install -U dlex" in told.value.next_step

    def test_of_another_program_is_left_alone(self, where: str) -> None:
        from dlex.results.database import make_engine

        engine = make_engine(where)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE bookmarks (id INTEGER)"))
        with pytest.raises(UsageError, match="another program"):
            Store(where).open()
        with engine.connect() as connection:
            assert not engine.dialect.has_table(connection, "runs")
        engine.dispose()

    def test_empty_holds_no_grades(self, where: str) -> None:
        with pytest.raises(UsageError, match="no grades"):
            Store(where, create=False).open()

    def test_opened_by_many_at_once(self, where: str) -> None:
        code = "import sys; from dlex.results.store import Store; Store(sys.argv[1]).open().close()"
        processes = [subprocess.Popen([sys.executable, "-c", code, where]) for _ in range(3)]
        assert [process.wait() for process in processes] == [0] * 3
        with Store(where, create=False) as store:
            assert store.runs() == []

    def test_file_that_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("not a database, but long enough to be one. " * 100)
        with pytest.raises(UsageError, match="no database"):
            Store(path).open()

    def test_in_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be opened or made"):
            Store(tmp_path / "nowhere" / "dlex.db").open()

    def test_damaged(self, sqlite: str) -> None:
        with Store(sqlite) as store:
            add(store, begin(store), "ada")
        data = bytearray(Path(sqlite).read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        Path(sqlite).write_bytes(data)
        with pytest.raises(MachineError, match="malformed"):
            Store(sqlite).open()

    @pytest.mark.parametrize("url", ["nosuch://host/name", "postgresql+nosuch://host/name", "://"])
    def test_url_of_nothing(self, url: str) -> None:
        with pytest.raises(UsageError, match="no URL of a database"):
            Store(url)

    def test_driver_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(MachineError, match="not installed") as told:
            Store("postgresql://host/name")
        assert "dlex[postgres]" in told.value.next_step

    def test_server_that_is_away_keeps_the_password(self, tmp_path: Path) -> None:
        pytest.importorskip("psycopg", exc_type=ImportError)
        with pytest.raises(MachineError) as told:
            Store(f"postgresql://me:secret@/name?host={tmp_path}").open()
        assert "secret" not in str(told.value)

    def test_that_fails_while_writing_keeps_nothing_of_the_grade(self, sqlite: str) -> None:
        with Store(sqlite) as store:
            run = begin(store)
            add(store, run, "ada")
            with sqlite3.connect(sqlite) as connection:
                connection.execute("ALTER TABLE checks RENAME TO gone")
            connection.close()
            with pytest.raises(MachineError, match="no such table"):
                store.add(run, "bob", digest("bob"), result("bob"))
            assert names(store, run) == ["ada"] and store.learners() == ["ada"]

    def test_that_may_not_be_written_can_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "dlex.db"
        with Store(path) as store:
            run = begin(store)
            add(store, run, "ada")
        with Store(f"sqlite:///file:{path}?mode=ro&uri=true", create=False) as store:
            assert names(store) == ["ada"]
            with pytest.raises(UsageError, match="may not be written"):
                add(store, run, "bob")


class TestCrashes:
    def test_lose_nothing_and_leave_nothing_half_written(self, where: str) -> None:
        rounds = 28 if "://" not in where else 8
        Store(where).open().close()
        script = [sys.executable, str(HERE / "store_crash.py"), where, str(rounds)]
        done = subprocess.run(script, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        announced = done.stdout.split()
        assert len(announced) >= rounds / 2
        with Store(where, create=False) as store:
            assert len(store.runs()) == rounds
            stored = list(store.records())
            written = [s.name for s in stored]
            assert set(announced) <= set(written) and len(written) == len(set(written))
            assert len(written) - len(announced) <= rounds  # committed, killed before it was announced
            for one in stored:
                assert one.result == result(one.name)
            self.assert_whole(where, len(written))
            add(store, begin(store), "after")

    def assert_whole(self, where: str, count: int) -> None:
        """Each result has its submission, its three checks and its run; no row belongs to nothing."""
        from dlex.results.database import make_engine

        tables = {"submissions": count, "results": count, "checks": 3 * count, "run_results": count}
        engine = make_engine(where)
        with engine.connect() as connection:
            for table, expected in tables.items():
                assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == expected, table
            query = "SELECT count(*) FROM checks GROUP BY result_id"
            assert set(connection.scalars(text(query))) == {3}
            if engine.dialect.name == "sqlite":
                assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        engine.dispose()

    def test_two_writers_at_once(self, where: str) -> None:
        code = """
import sys
sys.path.insert(0, sys.argv[1])
import store_samples as samples
from dlex.results.store import Store
with Store(sys.argv[2]) as store:
    run = store.begin_run(samples.CONDITIONS, course="Course", isolation=1)
    for count in range(25):
        for name in (f"both-{count}", f"{sys.argv[3]}-{count}"):
            print(store.add(run, name, samples.digest(name), samples.result(name)))
"""
        command = [sys.executable, "-c", code, str(HERE), where]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        writers = [subprocess.Popen([*command, name], **pipes) for name in ("one", "two")]
        outputs = [writer.communicate() for writer in writers]
        assert [writer.returncode for writer in writers] == [0, 0], outputs
        said = [line for output, _error in outputs for line in output.split()]
        assert (said.count("added"), said.count("kept")) == (75, 25)
        with Store(where) as store:
            assert [len(names(store, run.id)) for run in store.runs()] == [50, 50]
            assert len(names(store)) == 75
        self.assert_counts(where)

    def assert_counts(self, where: str) -> None:
        from dlex.results.database import make_engine

        engine = make_engine(where)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM results")) == 75
            assert connection.scalar(text("SELECT count(*) FROM checks")) == 3 * 75
        engine.dispose()


class TestDiff:
    before = result(
        "ada",
        exercise(
            SOFTMAX, check("test_rows"), check("test_large", "failed", 2.0, "overflow"), check("test_old")
        ),
        exercise(LENET, check("test_shape")),
    )

    def test_nothing_changed(self) -> None:
        change = compare(self.before, self.before)
        assert not change.changed and change.points == 0

    def test_says_which_check_by_how_much(self) -> None:
        after = result(
            "ada",
            exercise(
                SOFTMAX, check("test_rows", "timeout"), check("test_large", most=2.0), check("test_new")
            ),
        )
        change = compare(self.before, after)
        assert (change.score_before, change.score_after, change.points) == (2, 3, 1)  # LeNet is not compared
        assert [
            (c.exercise, c.check, c.outcome_before, c.outcome_after, c.points_after - c.points_before)
            for c in change.checks
        ] == [
            (SOFTMAX, "test_rows", "passed", "timeout", -1),
            (SOFTMAX, "test_large", "failed", "passed", 2),
            (SOFTMAX, "test_old", "passed", None, -1),
            (SOFTMAX, "test_new", None, "passed", 1),
        ]
        assert change.checks[1].mistake_before == "overflow" and change.checks[1].mistake_after is None

    def test_other_points_for_the_same_outcome(self) -> None:
        one, two = (result("ada", exercise(SOFTMAX, check("t", most=most))) for most in (1.0, 3.0))
        (seen,) = compare(one, two).checks
        assert (seen.max_points_before, seen.max_points_after) == (1, 3)

    def test_not_graded_is_no_loss_of_points(self) -> None:
        change = compare(self.before, lost("ada"))
        assert change.changed and change.reason == "the sandbox failed" and change.checks == []

    def test_fractions_that_differ_in_the_last_digit_are_the_same(self) -> None:
        one = result("ada", exercise(SOFTMAX, *(check(str(most), most=most) for most in (0.1, 0.2, 0.3))))
        two = result("ada", exercise(SOFTMAX, *(check(str(most), most=most) for most in (0.3, 0.2, 0.1))))
        assert compare(one, two).points == 0

    def test_walks_a_run(self, store: Store) -> None:
        harder = other(course_hash="hash-2")
        old = begin(store)
        add(store, old, "ada", "bob", "eve", "kim")
        run = begin(store, harder)
        better = exercise(SOFTMAX, check("test_rows"), check("test_large", most=2.0))
        changed = {
            "ada": result("ada", better, conditions=harder),
            "bob": result("bob", conditions=harder),
            "kim": lost("kim", conditions=harder),
            "new": result("new", conditions=harder),
        }
        for name, new in changed.items():
            store.add(run, name, digest(name), new)
        store.add(run, "eve", digest("other bytes"), result("eve", conditions=harder))
        found = dict(compare_run(store, run))
        assert list(found) == ["ada", "bob", "eve", "kim", "new"]
        assert found["ada"].points == 2 and not found["bob"].changed
        assert found["kim"].reason and found["eve"] is None and found["new"] is None
        summary = Summary()
        for change in found.values():
            summary.count(change)
        assert summary == Summary(up=1, same=1, not_graded=1, without_earlier=2)
        assert all(change is None for change in dict(compare_run(store, old)).values())
        assert list(dict(compare_run(store, run, learners=["ada"], exercises=[LENET]))) == []

    def test_compares_with_the_newest_earlier_grade(self, store: Store) -> None:
        for seed in (1, 2, 3):
            conditions = other(seed=seed)
            run = begin(store, conditions)
            outcome = "passed" if seed == 2 else "failed"
            only = exercise(SOFTMAX, check("t", outcome, float(seed)))
            store.add(run, "ada", digest("ada"), result("ada", only, conditions=conditions))
        ((_name, change),) = compare_run(store, run)
        assert change.max_score_before == 2


class TestCommand:
    @pytest.fixture
    def database(self, tmp_path: Path) -> Path:
        """Two runs, with a hostile name, many exercises and a regrade."""
        path = tmp_path / "dlex.db"
        with Store(path) as store:
            run = begin(store)
            add(store, run, HOSTILE, "ada")
            many = [exercise(f"ch{n:02}/some_long_name_{n}", check("t", most=n)) for n in range(3, 12)]
            store.add(run, "bob", digest("bob"), result("bob", *many))
            store.finish_run(run)
            harder = other(course_hash="hash-2", seed=2**64 - 1)
            run = begin(store, harder)
            better = result(HOSTILE, exercise(SOFTMAX, check("test_large", most=2.0)), conditions=harder)
            store.add(run, HOSTILE, digest(HOSTILE), better)
        return path

    def test_table_fits_80_columns_and_is_literal(self, dlex, database: Path) -> None:
        done = dlex("results")
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80
        joined = "".join(done.stdout.split())
        assert "[red]eve[/red]" in joined and ":smile:" in joined and "学生" in joined
        assert all(f"name_{n}" in joined or f"{n}/{n}" in joined for n in range(3, 12))
        assert "2/4" in done.stdout and "2/2" in done.stdout

    def test_a_run(self, dlex, database: Path) -> None:
        assert "ada" not in dlex("results", "--run", "2").stdout
        assert "ada" in dlex("results", "--run", "1", "--exercise", "ch3").stdout

    def test_runs(self, dlex, database: Path) -> None:
        done = dlex("results", "--all-runs")
        lines = done.stdout.splitlines()
        assert len(lines) == 3 and "unfinished" in lines[2] and "unfinished" not in lines[1]
        assert str(2**64 - 1) in lines[2] and max(map(len, lines)) <= 80
        listed = [json.loads(line) for line in dlex("results", "--all-runs", "--json").stdout.splitlines()]
        assert [run["graded"] for run in listed] == [3, 1]

    def test_json_is_a_record_per_line(self, dlex, database: Path) -> None:
        from dlex.results.records import from_json

        done = dlex("results", "--json", "--learner", "ada", "--learner", "bob")
        assert [from_json(line).submission for line in done.stdout.splitlines()] == ["ada", "bob"]
        assert from_json(done.stdout.splitlines()[0]) == result("ada")

    def test_diff(self, dlex, database: Path) -> None:
        done = dlex("results", "--diff")
        assert done.returncode == 0, done.stderr
        assert "[red]eve[/red]" in done.stdout and "(+1)" in done.stdout
        assert "failed 0/2 → passed 2/2" in done.stdout and "Run 2: 1 up." in done.stdout
        (change,) = (json.loads(line) for line in dlex("results", "--diff", "--json").stdout.splitlines())
        assert change["learner"] == HOSTILE and change["checks"][0]["check"] == "test_rows"
        assert "3 without an earlier grade" in dlex("results", "--diff", "--run", "1").stdout

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--db", "nowhere.db"], "`dlex grade` makes them"),
            (["--run", "9"], "no run 9"),
            (["--learner", "adda"], "Did you mean ada"),
            (["--exercise", "softmx"], "Did you mean softmax"),
            (["--all-runs", "--diff"], "--all-runs lists runs"),
        ],
    )
    def test_wrong_use(self, dlex, database: Path, arguments: list[str], told: str) -> None:
        done = dlex("results", *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
        assert not (database.parent / "nowhere.db").exists()

    def test_imports_no_torch(self, database: Path) -> None:
        code = (
            "import sys; from dlex.cli import main; main(['results'], standalone_mode=False);"
            "sys.exit('torch' in sys.modules or 'alembic' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=database.parent, capture_output=True)
        assert done.returncode == 0, done.stderr
