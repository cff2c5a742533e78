"""The learner's evening: a workspace, its updates, its history, what is next, and hints."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from store_samples import check, exercise, result

from dlex.cli import main
from dlex.course import Course, read_course
from dlex.errors import CourseError, UsageError
from dlex.hints import hints_for, next_hint
from dlex.order import made_ready, next_exercise
from dlex.report.fold import fold
from dlex.results.records import NamedMistake, SubmissionResult
from dlex.submission import Source
from dlex.workspace import database, find_workspace
from dlex.workspace.changes import steps
from dlex.workspace.database import database_path
from dlex.workspace.history import History, remember
from dlex.workspace.make import make_workspace
from dlex.workspace.merge import merged, stems_from
from dlex.workspace.update import BESIDE, update_workspace

ROOT = Path(__file__).resolve().parent.parent
ONE, TWO, THREE = "ch01/one", "ch01/two", "ch02/three"


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """A course of three exercises in two chapters, which a test may change."""
    return write_course(tmp_path / "course", {ONE: [], TWO: ["one"], THREE: ["ch01/one", "two"]})


def write_course(root: Path, after: dict[str, list[str]]) -> Course:
    """A course with these exercises, each with what it comes after."""
    toml, chapter = 'title = "Small"\n', ""
    for id, before in after.items():
        if not id.startswith(chapter or "/"):
            chapter = id[:4]
            toml += f'[[chapter]]\nid = "{chapter}"\ntitle = "Chapter"\n'
        name = id[5:]
        toml += f'[[chapter.exercise]]\nname = "{name}"\ntitle = "{name.title()}"\nfunctions = ["{name}"]\n'
        toml += f'after = {json.dumps(before)}\nhints = ["Why?", "Because.", "a = b"]\n'
        write(root / "exercises" / f"{id}.py", stub_of(name))
    write(root / "exercises" / "course.toml", toml)
    return read_course(root)


def stub_of(name: str, about: str = "Add one.") -> str:
    return (
        f'"""{about}"""\n\nimport torch\n\n\ndef {name}(X):\n    """The sum."""\n'
        f'    raise NotImplementedError("write me")\n'
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def workspace(small: Course, tmp_path: Path) -> Path:
    """A workspace of the small course, untouched."""
    folder = tmp_path / "answers"
    make_workspace(folder, small)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process, in a folder, with a course."""

    def run(*arguments: str, cwd: Path, course: Course | Path = ROOT) -> Result:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("COLUMNS", "80")
        root = course.root if isinstance(course, Course) else course
        return CliRunner().invoke(main, ["--course", str(root), *arguments])

    return run


def told(small: Course, workspace: Path, *restore: str) -> dict[str, str]:
    """What an update does, by name, without what it leaves alone."""
    changes = update_workspace(workspace, small, restore)
    return {change.name: change.state for change in changes if change.state != "same"}


def change_stub(course: Course, id: str, text: str) -> None:
    course.find(id)[0].path("exercises").write_text(text)


ANSWER = stub_of("one").replace('raise NotImplementedError("write me")', "return X + 1")


# dlex init -------------------------------------------------------------------------------------


def test_a_workspace_explains_itself(run, tmp_path: Path, small: Course) -> None:
    done = run("init", "answers", cwd=tmp_path, course=small)
    assert done.exit_code == 0, done.output
    answers = tmp_path / "answers"
    assert (answers / "ch02" / "three.py").read_text() == stub_of("three")
    assert "dlex check one" in (answers / "README.md").read_text()
    assert sys.executable in (answers / ".vscode" / "settings.json").read_text()
    pyright = json.loads((answers / "pyrightconfig.json").read_text())
    if sys.prefix != sys.base_prefix:
        assert Path(pyright["venvPath"], pyright["venv"]) == Path(sys.prefix)
    assert ".dlex" in pyright["exclude"] and ".dlex/" in (answers / ".gitignore").read_text()
    assert find_workspace(answers / "ch02") == answers.resolve()
    assert told(small, answers) == {}


def test_init_never_overwrites(run, tmp_path: Path, small: Course) -> None:
    write(tmp_path / "ch01" / "one.py", "mine")
    (tmp_path / "ch01" / "two.py").symlink_to("nowhere.py")
    done = run("init", cwd=tmp_path, course=small)
    assert done.exit_code == 0 and "kept  ch01/one.py" in done.output and "kept  ch01/two.py" in done.output
    assert (tmp_path / "ch01" / "one.py").read_text() == "mine"
    assert (tmp_path / "ch01" / "two.py").is_symlink()
    assert (tmp_path / "ch02" / "three.py").is_file()


def test_init_of_a_chapter_and_then_another(run, tmp_path: Path, small: Course) -> None:
    run("init", "--chapter", "ch2", cwd=tmp_path, course=small)
    assert not (tmp_path / "ch01").exists()
    assert told(small, tmp_path) == {}  # the other chapter was not asked for
    assert "is an exercise" in run("init", "--chapter", "one", cwd=tmp_path, course=small).output
    run("init", "--chapter", "1", cwd=tmp_path, course=small)
    assert (tmp_path / "ch01" / "one.py").is_file()


def test_init_refuses_a_course_and_a_file_in_the_way(run, tmp_path: Path, small: Course) -> None:
    done = run("init", str(small.root), cwd=tmp_path, course=small)
    assert done.exit_code == 2 and "is a course" in done.output
    write(tmp_path / "taken" / "ch01", "a file")
    done = run("init", "taken", cwd=tmp_path, course=small)
    assert done.exit_code == 2 and "cannot be written" in done.output


def test_commands_outside_of_a_workspace(run, tmp_path: Path, small: Course) -> None:
    for command in (["status"], ["history"], ["update"]):
        done = run(*command, cwd=tmp_path, course=small)
        assert done.exit_code == 2 and "dlex init" in done.output


# dlex update -----------------------------------------------------------------------------------


def test_an_untouched_stub_is_replaced_and_an_answer_stays(small: Course, workspace: Path) -> None:
    (workspace / f"{TWO}.py").write_text(mine := stub_of("two") + "# mine\n")
    change_stub(small, ONE, new := stub_of("one", "Add two."))
    assert told(small, workspace) == {f"{ONE}.py": "replaced"}
    assert (workspace / f"{ONE}.py").read_text() == new
    assert (workspace / f"{TWO}.py").read_text() == mine
    assert told(small, workspace) == {}


def test_both_changed_different_lines(small: Course, workspace: Path) -> None:
    path = workspace / f"{ONE}.py"
    path.write_text(ANSWER)
    change_stub(small, ONE, stub_of("one", "Add one to every entry."))
    assert told(small, workspace) == {f"{ONE}.py": "merged"}
    assert path.read_text() == ANSWER.replace("Add one.", "Add one to every entry.")
    assert (workspace / ".dlex" / "before" / f"{ONE}.py").read_text() == ANSWER
    assert told(small, workspace) == {}
    change_stub(small, ONE, stub_of("one", "Add one to each."))  # the merge is what the next one builds on
    assert told(small, workspace) == {f"{ONE}.py": "merged"}
    assert "return X + 1" in path.read_text() and "to each" in path.read_text()


def test_both_changed_the_same_line(run, small: Course, workspace: Path) -> None:
    path, beside = workspace / f"{ONE}.py", workspace / f"{ONE}.py{BESIDE}"
    path.write_bytes(mine := ANSWER.replace("Add one.", "I add one.").encode())
    change_stub(small, ONE, new := stub_of("one", "Add two."))
    done = run("update", cwd=workspace / "ch01", course=small)
    assert done.exit_code == 1
    assert "conflict  ch01/one.py stays as it is" in done.output and "  ch01/one.py.new, then" in done.output
    assert path.read_bytes() == mine and beside.read_text() == new
    assert told(small, workspace) == {f"{ONE}.py": "waiting"}  # told again until it is gone
    change_stub(small, ONE, newer := stub_of("one", "Add three."))
    assert told(small, workspace) == {f"{ONE}.py": "conflict"}
    assert path.read_bytes() == mine and beside.read_text() == newer
    beside.unlink()
    assert told(small, workspace) == {}


def test_what_lies_beside_and_was_changed_is_the_learners(small: Course, workspace: Path) -> None:
    (workspace / f"{ONE}.py").write_text(ANSWER.replace("Add one.", "I add one."))
    change_stub(small, ONE, stub_of("one", "Add two."))
    update_workspace(workspace, small)
    beside = workspace / f"{ONE}.py{BESIDE}"
    beside.write_text("notes of mine")
    change_stub(small, ONE, newer := stub_of("one", "Add three."))
    assert told(small, workspace) == {f"{ONE}.py": "conflict"}
    assert beside.read_text() == "notes of mine"
    assert beside.with_name(f"{beside.name}2").read_text() == newer


def test_lines_that_fit_but_make_no_python_are_a_conflict() -> None:
    given = b"def f():\n    a = 1\n    b = 2\n    c = 3\n    return a\n"
    yours = given.replace(b"    a = 1\n", b"    a = (1,\n").replace(b"    b = 2\n", b"    2)\n    b = 2\n")
    assert merged(given, yours, given.replace(b"c = 3", b"c = 4")) == yours.replace(b"c = 3", b"c = 4")
    theirs = given.replace(b"    c = 3\n", b"").replace(b"return a", b"return 5")
    opened = given.replace(b"    a = 1\n", b"    if True:\n        a = 1\n").replace(
        b"    b = 2\n", b"    else:\n"
    )
    assert merged(given, opened.replace(b"    c = 3\n", b"        c = 3\n"), theirs) is None


def test_editors_line_ends_and_strange_bytes_are_kept(small: Course, workspace: Path) -> None:
    windows, latin = workspace / f"{ONE}.py", workspace / f"{TWO}.py"
    windows.write_bytes(ANSWER.replace("\n", "\r\n").encode())
    latin.write_bytes(stub_of("two").encode() + b"# \xe9t\xe9\n")
    for name in ("one", "two"):
        change_stub(small, name, stub_of(name, "Add two."))
    assert told(small, workspace) == {f"{ONE}.py": "merged", f"{TWO}.py": "merged"}
    assert windows.read_bytes() == ANSWER.replace("Add one.", "Add two.").replace("\n", "\r\n").encode()
    assert latin.read_bytes() == stub_of("two", "Add two.").encode() + b"# \xe9t\xe9\n"


def test_deleted_files_come_back_only_if_asked_for(run, small: Course, workspace: Path) -> None:
    for id in (ONE, TWO):
        (workspace / f"{id}.py").unlink()
    done = run("update", cwd=workspace, course=small)
    assert done.exit_code == 0 and "dlex update --restore ch01/one" in done.output
    assert not (workspace / f"{ONE}.py").exists()
    assert told(small, workspace, ONE) == {f"{ONE}.py": "restored", f"{TWO}.py": "deleted"}
    assert (workspace / f"{ONE}.py").read_text() == stub_of("one")


def test_new_exercises_come_and_old_ones_go_without_the_answer(small: Course, workspace: Path) -> None:
    changed = write_course(small.root, {ONE: [], "ch01/four": [], THREE: []})
    assert told(changed, workspace) == {"ch01/four.py": "new", f"{TWO}.py": "gone"}
    assert (workspace / f"{TWO}.py").is_file()


def test_links_and_other_strange_things_are_left_alone(
    small: Course, workspace: Path, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside.py", stub_of("one"))
    (workspace / f"{ONE}.py").unlink()
    (workspace / f"{ONE}.py").symlink_to(outside)
    (workspace / f"{TWO}.py").unlink()
    os.mkfifo(workspace / f"{TWO}.py")
    elsewhere = tmp_path / "elsewhere"
    (workspace / "ch02").rename(elsewhere)
    (workspace / "ch02").symlink_to(elsewhere)
    for id in (ONE, TWO, THREE):
        change_stub(small, id, stub_of(id[5:], "New."))
    changes = {c.name: c for c in update_workspace(workspace, small) if c.state != "same"}
    assert [change.state for change in changes.values()] == ["strange"] * 3
    assert "is a pipe" in changes[f"{TWO}.py"].detail and "link" in changes[f"{THREE}.py"].detail
    assert outside.read_text() == stub_of("one") and (elsewhere / "three.py").read_text() == stub_of("three")


def test_a_workspace_of_an_earlier_version(small: Course, workspace: Path) -> None:
    """Nothing is known of what was given: an answer in the same stub is recognised, another is not."""
    for path in sorted((workspace / ".dlex").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (workspace / f"{ONE}.py").write_text(ANSWER)
    (workspace / f"{TWO}.py").write_text(old := stub_of("two", "What it said last year."))
    (workspace / "README.md").write_text("an earlier README")
    assert told(small, workspace) == {f"{TWO}.py": "unknown"}
    assert (workspace / f"{TWO}.py").read_text() == old
    assert (workspace / f"{TWO}.py{BESIDE}").read_text() == stub_of("two")
    assert (workspace / "README.md").read_text() == "an earlier README"
    change_stub(small, ONE, stub_of("one", "Add one to each."))
    assert told(small, workspace)[f"{ONE}.py"] == "merged"
    assert "return X + 1" in (workspace / f"{ONE}.py").read_text()


def test_which_stub_a_file_stems_from() -> None:
    stub = stub_of("one").encode()
    assert stems_from(stub, ANSWER.encode()) and stems_from(stub, ANSWER.replace("\n", "\r\n").encode())
    assert not stems_from(stub, b"def one(X):\n    return X + 1\n")


def test_a_file_that_is_saved_meanwhile_is_not_lost(small: Course, workspace: Path, monkeypatch) -> None:
    """The editor saves between our reading and our writing: what it saved is merged, not replaced."""
    path = workspace / f"{ONE}.py"
    change_stub(small, ONE, stub_of("one", "Add one to each."))
    real, saved = Path.read_bytes, []

    def read_and_save(self: Path) -> bytes:
        if self == workspace / ".dlex" / "given" / f"{ONE}.py":
            saved.append(1)
        return real(self)

    def reading(self_path: Path, root: Path) -> Source:
        found = read_source(self_path, root)
        if self_path == path and len(saved) and not getattr(reading, "done", False):
            reading.done = True
            path.write_text(ANSWER)
        return found

    from dlex.submission import read_source

    monkeypatch.setattr(Path, "read_bytes", read_and_save)
    monkeypatch.setattr("dlex.workspace.update.read_source", reading)
    assert told(small, workspace) == {f"{ONE}.py": "merged"}
    assert path.read_text() == ANSWER.replace("Add one.", "Add one to each.")


KILLED = """
import os, signal, sys
from pathlib import Path
from dlex.course import read_course
from dlex.workspace import given, update

left = int(sys.argv[3])
def dying(real):
    def put(path, content):
        global left
        left -= 1
        if left == 0 and {before}:
            os.kill(os.getpid(), signal.SIGKILL)
        real(path, content)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return put
update.put = given.put = dying(given.put)
update.update_workspace(Path(sys.argv[1]), read_course(Path(sys.argv[2])))
"""


@pytest.mark.parametrize("writes", [1, 2, 3, 4, 5])
def test_an_update_that_was_killed_is_made_good_by_the_next(
    small: Course, workspace: Path, writes: int
) -> None:
    (workspace / f"{ONE}.py").write_text(ANSWER)
    (workspace / f"{TWO}.py").write_text(mine := stub_of("two", "I do."))
    for id in (ONE, TWO, THREE):
        change_stub(small, id, stub_of(id[5:], "New."))
    (workspace / ".dlex" / "before").mkdir()
    code = KILLED.format(before=writes % 2)
    command = [sys.executable, "-c", code, str(workspace), str(small.root), str(writes)]
    died = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    assert died.returncode == -signal.SIGKILL
    update_workspace(workspace, small)
    assert (workspace / f"{ONE}.py").read_text() == ANSWER.replace("Add one.", "New.")
    assert (workspace / f"{TWO}.py").read_text() == mine
    assert (workspace / f"{TWO}.py{BESIDE}").read_text() == stub_of("two", "New.")
    assert (workspace / f"{THREE}.py").read_text() == stub_of("three", "New.")
    assert told(small, workspace) == {f"{TWO}.py": "waiting"}


def test_two_updates_at_the_same_time(small: Course, workspace: Path) -> None:
    (workspace / f"{ONE}.py").write_text(ANSWER)
    (workspace / f"{TWO}.py").write_text(stub_of("two", "I do."))
    for id in (ONE, TWO, THREE):
        change_stub(small, id, stub_of(id[5:], "New."))
    code = KILLED.format(before=0)
    command = [sys.executable, "-c", code, str(workspace), str(small.root), "0"]  # none of them dies
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    both = [subprocess.Popen(command, env=variables) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert (workspace / f"{ONE}.py").read_text() == ANSWER.replace("Add one.", "New.")
    assert (workspace / f"{TWO}.py").read_text() == stub_of("two", "I do.")
    assert (workspace / f"{THREE}.py").read_text() == stub_of("three", "New.")
    assert told(small, workspace) == {f"{TWO}.py": "waiting"}


# History ---------------------------------------------------------------------------------------


def attempt(*checks, id: str = ONE, status: str = "graded") -> SubmissionResult:
    return result("you", exercise(id, *checks, status=status))


def source(text: str, id: str = ONE) -> dict[str, Source]:
    return {id: Source(f"{id}.py", text.encode())}


RIGHT = check("test_a"), check("test_b")
WRONG = check("test_a"), check("test_b", "failed", mistake="sign")


def test_what_was_checked_can_be_had_back(run, small: Course, workspace: Path) -> None:
    history = History(workspace)
    history.record(attempt(*RIGHT, check("test_cost", most=0)), source("worked = 1\n"))
    history.record(attempt(*WRONG, check("test_cost", "failed", 0)), source("worked = 2\n"))
    history.record(attempt(check("test_a", "failed"), check("test_b")), source("worked = 3\n"))
    (workspace / f"{ONE}.py").write_text("worked = 4\n")
    shown = run("history", "one", cwd=workspace, course=small).output
    assert re.search(r"1 .* 2/2 +2 of 2 checks pass", shown)
    assert re.search(r"2 .* 1/2 +passes no longer: test_b *\n +mistake: sign", shown)
    assert re.search(r"3 .* 1/2 +passes now: test_b *\n +passes no longer: test_a", shown)
    assert run("history", "one", "--show", "1", cwd=workspace, course=small).output == "worked = 1\n"
    changed = run("history", "one", "--diff", "1", cwd=workspace, course=small).output
    assert "-worked = 1\n+worked = 4\n" in changed and "attempt 1" in changed
    (workspace / f"{ONE}.py").write_text("worked = 3\n")
    assert "as it was" in run("history", "one", "--diff", "3", cwd=workspace, course=small).output
    assert len(run("history", cwd=workspace, course=small).output.splitlines()) == 3


def test_a_version_is_shown_byte_for_byte(run, small: Course, workspace: Path) -> None:
    content = b"# \xe9 \x1b[31m\r\nx = 1"
    History(workspace).record(attempt(*WRONG), {ONE: Source("one.py", content)})
    (workspace / f"{ONE}.py").write_bytes(b"")
    assert run("history", "one", "--show", "1", cwd=workspace, course=small).stdout_bytes == content
    assert "\x1b" not in run("history", "one", "--diff", "1", cwd=workspace, course=small).output


def test_what_there_is_no_attempt_of(run, small: Course, workspace: Path) -> None:
    assert "No attempts yet" in run("history", cwd=workspace, course=small).output
    assert "dlex check one" in run("history", "one", cwd=workspace, course=small).output
    for arguments, words in {
        ("one", "--show", "1"): "there is no attempt 1",
        ("ch1",): "is a chapter",
        ("--show", "1"): "need an exercise",
    }.items():
        done = run("history", *arguments, cwd=workspace, course=small)
        assert done.exit_code == 2 and words in done.output
    History(workspace).record(attempt(*WRONG), source("x = 1\n"))
    (workspace / f"{ONE}.py").unlink()
    done = run("history", "one", "--diff", "1", cwd=workspace, course=small)
    assert done.exit_code == 2 and "--show 1" in done.output


def test_only_attempts_are_recorded(workspace: Path) -> None:
    history = History(workspace)
    for status in ("missing", "not_attempted", "not_graded"):
        history.record(attempt(*WRONG, status=status), source("x"))
    assert history.attempts() == [] and not database_path(workspace).exists()
    history.record(attempt(*WRONG, status="load_error"), source("x ="))
    assert [each.status for each in history.attempts()] == ["load_error"]


def test_checks_that_were_not_run_are_not_lost(workspace: Path) -> None:
    """With --exitfirst nothing is known of what comes after the first failure."""
    history = History(workspace)
    history.record(attempt(*RIGHT), source("1"))
    stopped = check("test_a", "failed"), check("test_b", "error")
    history.record(attempt(*stopped), source("2"), partial=True)
    history.record(attempt(*RIGHT), source("3"))
    found = steps(history.attempts(ONE))
    assert [(step.gained, step.lost) for step in found] == [([], []), ([], ["test_a"]), (["test_a"], [])]


def test_nothing_withheld_is_recorded(workspace: Path) -> None:
    """What a hidden check does not tell comes out neither through the history nor through hints."""

    def hidden(level: str):
        named = NamedMistake(f"MISTAKE-{level}", f"EXPLANATION-{level}", f"HINT-{level}")
        failed = check(f"NAME-{level}", "failed")
        return msgspec.structs.replace(
            failed, hidden=True, feedback=level, hint=f"OWN-{level}", mistake=named, message="SECRET"
        )

    levels = "counterexample", "diagnosis", "name", "none"
    history = History(workspace)
    history.record(attempt(*map(hidden, levels)), source("x"))
    stored = database_path(workspace).read_bytes().decode("latin-1")
    for word in ("MISTAKE", "EXPLANATION", "HINT", "OWN"):
        assert all((f"{word}-{level}" in stored) == (level in levels[:2]) for level in levels), word
    assert "NAME-name" in stored and "NAME-none" not in stored and "SECRET" not in stored
    told = [hint.text for hint in hints_for([], history.latest(ONE))]
    assert told == ["HINT-counterexample", "HINT-diagnosis"]


def test_outside_of_a_workspace_nothing_is_kept() -> None:
    history = History(None)
    history.record(attempt(*WRONG), source("x"))
    history.record_hint(ONE, "1")
    assert history.attempts() == [] and history.hints(ONE) == [] and history.best() == {}
    assert history.latest(ONE) is None


def test_progress_of_an_earlier_version_is_taken_over_once(run, small: Course, workspace: Path) -> None:
    earlier = {"best": {ONE: {"score": 3, "max_score": 4}}, "hints": {ONE: 2}}
    write(workspace / ".dlex" / "progress.json", json.dumps(earlier))
    assert "3 of 4 points" in run("status", cwd=workspace, course=small).output
    again = write(workspace / ".dlex" / "progress.json", json.dumps(earlier))  # killed before it was renamed
    history = History(workspace)
    assert [(each.score, each.digest) for each in history.attempts()] == [(3, None)]
    assert [shown.step for shown in history.hints(ONE)] == ["1", "2"]
    assert not again.exists() and list((workspace / ".dlex").glob("progress.json.*"))
    done = run("history", "one", "--show", "1", cwd=workspace, course=small)
    assert done.exit_code == 2 and "only the points were kept" in done.output


def test_damaged_progress_is_told(run, small: Course, workspace: Path) -> None:
    path = write(workspace / ".dlex" / "progress.json", "{")
    done = run("status", cwd=workspace, course=small)
    assert done.exit_code == 2 and "damaged" in done.output and path.read_text() == "{"


# Histories that cannot be used -----------------------------------------------------------------


def filled(workspace: Path) -> Path:
    history = History(workspace)
    for number in range(3):
        history.record(attempt(*WRONG), source(f"x = {number}\n" * 2000))
    return database_path(workspace)


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def holes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def another(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE thesis (text)")
    connection.close()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def no_json(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE attempt SET outcomes = x'7b'")
    connection.close()


@pytest.mark.parametrize("damage", [garbage, holes, cut, another, folder, no_json])
def test_a_damaged_history(run, small: Course, workspace: Path, damage: Callable[[Path], None]) -> None:
    path = filled(workspace)
    damage(path)
    before = None if path.is_dir() else path.read_bytes()
    done = run("history", "one", cwd=workspace, course=small)
    assert done.exit_code == 2 and "is damaged" in done.output and "mv " in done.output, done.output
    assert path.is_dir() or path.read_bytes() == before
    (path.with_name("aside")).unlink(missing_ok=True)
    path.rename(path.with_name("aside"))
    assert run("status", cwd=workspace, course=small).exit_code == 0


def test_a_check_is_worth_showing_where_it_cannot_be_recorded(workspace: Path) -> None:
    garbage(filled(workspace))
    assert "is damaged" in remember(workspace, attempt(*WRONG), source("x"))
    assert remember(None, attempt(*WRONG), source("x")) == ""


def test_the_command_tells_so_after_the_result(run, small: Course, workspace: Path, monkeypatch) -> None:
    monkeypatch.setattr("dlex.grading.session.grade", lambda *_arguments, **_options: [attempt(*WRONG)])
    run("check", "one", cwd=workspace, course=small)
    assert len(History(workspace).attempts(ONE)) == 1
    garbage(database_path(workspace))
    done = run("check", "one", "--json", cwd=workspace, course=small)
    assert done.exit_code == 1 and json.loads(done.stdout)["schema"] == 1
    assert "is not in your history" in done.stderr and "is damaged" in done.stderr


def test_the_history_of_a_newer_version(workspace: Path) -> None:
    with sqlite3.connect(filled(workspace)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageError, match="newer dlex"):
        History(workspace).best()


def test_a_history_that_another_program_holds(workspace: Path, monkeypatch) -> None:
    connection = sqlite3.connect(filled(workspace), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    try:
        with pytest.raises(UsageError, match="Another program holds it"):
            History(workspace).record_hint(ONE, "1")
    finally:
        connection.close()
    assert History(workspace).hints(ONE) == []


RECORDS = """
import sys
from pathlib import Path
from store_samples import check, exercise, result
from dlex.submission import Source
from dlex.workspace.history import History

graded = result("you", exercise("ch01/one", check("test_a", "failed")))
for number in range(int(sys.argv[2])):
    source = Source("one.py", f"{sys.argv[3]} {number}\\n".encode() * 500)
    History(Path(sys.argv[1])).record(graded, {"ch01/one": source})
    print(number, flush=True)
"""


def recording(workspace: Path, count: int, name: str) -> subprocess.Popen:
    command = [sys.executable, "-c", RECORDS, str(workspace), str(count), name]
    variables = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)


def test_two_that_write_at_the_same_time_and_one_that_is_killed(workspace: Path) -> None:
    """Everything that was said to be recorded is there, once, with its text."""
    endless = recording(workspace, 10**6, "killed")
    others = [recording(workspace, 25, name) for name in ("a", "b")]
    said = [endless.stdout.readline() for _ in range(10)]
    os.kill(endless.pid, signal.SIGKILL)
    said += endless.stdout.readlines()
    for process in others:
        assert len(process.stdout.readlines()) == 25 and process.wait() == 0
    endless.wait()
    for process in (endless, *others):
        process.stdout.close()
    history = History(workspace)
    attempts = history.attempts(ONE)
    texts = [history.text(each).decode().split("\n")[0] for each in attempts]
    assert [each.number for each in attempts] == list(range(1, len(attempts) + 1))
    for name, count in {"a": 25, "b": 25}.items():
        assert [text.split(name)[1] for text in texts if text.startswith(name)] == [
            f" {n}" for n in range(count)
        ]
    kept = sum(text.startswith("killed") for text in texts)
    assert len(said) <= kept <= len(said) + 1 and len(texts) == 50 + kept


# What comes after what -------------------------------------------------------------------------


def test_status_is_a_path(run, small: Course, workspace: Path) -> None:
    shown = run("status", cwd=workspace, course=small).output
    assert "○ ch01/one    ready" in shown and "· ch01/two    after one" in shown
    assert "· ch02/three  after one, two" in shown
    assert "Next: ch01/one.py" in shown and "Then: two" in shown
    history = History(workspace)
    history.record(attempt(*RIGHT), source("x"))
    history.record(attempt(*WRONG), source("y"))  # the best counts
    history.record(attempt(*WRONG, id=THREE), source("x", THREE))
    shown = run("status", cwd=workspace, course=small).output
    assert "✓ ch01/one    2 of 2 points, 2 attempts" in shown and "○ ch01/two    ready" in shown
    assert "✗ ch02/three  1 of 2 points, 1 attempt\n" in shown
    assert "1 of 3 exercises done, 3 points" in shown
    assert "Next: ch01/two.py" in shown and "Then: three" in shown
    for id in (TWO, THREE):
        history.record(attempt(*RIGHT, id=id), source("x", id))
    assert "All done." in run("status", cwd=workspace, course=small).output


def test_next_prefers_what_is_ready(tmp_path: Path) -> None:
    """An exercise that stands first but comes after another one is not the next."""
    course = write_course(tmp_path / "course", {ONE: ["three"], TWO: ["one"], THREE: []})
    assert next_exercise(course, []).id == THREE
    assert [each.id for each in made_ready(course, course.find(THREE)[0], [])] == [ONE]
    assert next_exercise(course, [THREE]).id == ONE
    assert next_exercise(course, [ONE, TWO, THREE]) is None


@pytest.mark.parametrize(
    "after, words",
    [
        ({ONE: ["two"], TWO: ["three"], THREE: ["one"]}, "in a circle: ch0"),
        ({ONE: ["one"], TWO: [], THREE: []}, "in a circle: ch01/one after ch01/one"),
        ({ONE: [], TWO: ["oen"], THREE: []}, "ch01/two comes after 'oen'"),
        ({ONE: [], "ch02/one": [], "ch02/two": ["one"]}, "which is ch01/one or ch02/one"),
    ],
)
def test_prerequisites_that_make_no_sense(tmp_path: Path, after: dict[str, list[str]], words: str) -> None:
    with pytest.raises(CourseError) as error:
        write_course(tmp_path / "course", after)
    assert words in str(error.value) and "course.toml" in str(error.value)


def test_the_course_is_a_path_through_the_book(course: Course) -> None:
    """Following `Next` meets every exercise; each has hints in three steps."""
    done: list[str] = []
    while following := next_exercise(course, done):
        assert {each.id for each in following.after} <= set(done)
        done.append(following.id)
    assert len(done) == len(course.exercises)
    assert all(len(each.hints) == 3 and "?" in each.hints[0] for each in course.exercises)


# dlex hint -------------------------------------------------------------------------------------


def test_hints_come_one_by_one(run, small: Course, workspace: Path) -> None:
    outputs = [run("hint", "one", cwd=workspace, course=small).output for _ in range(4)]
    assert [len(re.findall(r"^\d/3", output, re.MULTILINE)) for output in outputs] == [1, 2, 3, 3]
    assert "last one" in outputs[3] and "last one" not in outputs[1]
    assert run("hint", "one", "--again", cwd=workspace, course=small).output == outputs[3]
    assert "no hint yet" in run("hint", "two", "--again", cwd=workspace, course=small).output
    shown = History(workspace).hints(ONE)
    assert [each.step for each in shown] == ["1", "2", "3"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", each.at) for each in shown)
    assert "is a chapter" in run("hint", "ch1", cwd=workspace, course=small).output


def test_what_failed_last_comes_first(run, small: Course, workspace: Path) -> None:
    history = History(workspace)
    history.record_hint(ONE, "1")
    with_hint = NamedMistake("sign", "the sign is wrong", "What is -1 times -1?")
    unhinted = check("test_a", "failed", mistake="other")
    failed = [
        msgspec.structs.replace(unhinted, hint="of a check that is explained"),
        msgspec.structs.replace(check("test_b", "failed"), mistake=with_hint, hint="of the check"),
        msgspec.structs.replace(check("test_c", "failed"), hint="What is 2 \x1b[31m+ 2?"),
        msgspec.structs.replace(check("test_d", "failed"), mistake=with_hint),
    ]
    history.record(attempt(*failed), source("x"))
    shown = [run("hint", "one", cwd=workspace, course=small).output.splitlines() for _ in range(4)]
    assert shown[0] == ['For "sign":  What is -1 times -1?', "1/3  Why?"]
    assert shown[1][1] == 'For "test_c":  What is 2 + 2?'
    assert shown[2][2:] == ["1/3  Why?", "2/3  Because."]
    assert [each.step for each in history.hints(ONE)] == ["1", "mistake:sign", "check:test_c", "2", "3"]
    history.record(attempt(*RIGHT), source("y"))  # what is put right needs no hint
    assert run("hint", "one", cwd=workspace, course=small).output.startswith("1/3")


def test_long_hints_are_folded() -> None:
    assert fold("1/3  Which rows add up?", "     ", 16) == "1/3  Which rows\n     add up?"
    assert fold("结果是 x。请看（第 2 行）", "", 8) == "结果是\nx。请看\n（第 2\n行）"
    assert fold("哪些数加起来应当等于 1？一行的数。", "", 12) == "哪些数加起来\n应当等于 1？\n一行的数。"
    assert fold("a" * 30 + " b", "  ", 10) == "a" * 30 + "\n  b"
    assert fold("", "  ", 10) == ""


def test_no_hint_twice() -> None:
    assert next_hint(hints_for(["a", "a", "b"], None), {"1"}).text == "b"
    assert hints_for([], None) == [] and next_hint([], set()) is None


def test_hints_of_hidden_checks_wait_for_the_visible_ones(workspace: Path) -> None:
    history = History(workspace)
    hidden = msgspec.structs.replace(check("secret", "failed"), hidden=True, hint="OWN")
    for name, told in (("test_a", ["general"]), ("contract[views]", ["OWN", "general"])):
        history.record(attempt(check(name, "error"), hidden), source(name))
        assert [hint.text for hint in hints_for(["general"], history.latest(ONE))] == told


def test_the_evening_needs_no_torch(small: Course, workspace: Path) -> None:
    History(workspace).record(attempt(*WRONG), source("x = 1\n"))
    code = f"""
import sys
from dlex.cli import main
for command in (["hint", "one"], ["status"], ["history", "one", "--diff", "1"], ["history"], ["update"]):
    try:
        main(["--course", {str(small.root)!r}, *command])
    except SystemExit as ended:
        assert not ended.code, command
sys.exit("torch" in sys.modules)
"""
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workspace, capture_output=True, text=True, env=variables
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1/3  Why?" in done.stdout and "-x = 1" in done.stdout


def test_every_mistake_has_a_hint(course: Course) -> None:
    """Short, and no explanation over again."""
    from dlex.grading.mistakes import load_reference

    for asked in course.exercises:
        for each in load_reference(asked).mistakes:
            assert each.hint and each.hint != each.explanation, (asked.id, each.name)
            assert len(each.hint) < 200, (asked.id, each.name)


# dlex report -----------------------------------------------------------------------------------


def test_a_report_on_nothing_is_refused_at_once(run, small: Course, workspace: Path) -> None:
    done = run("report", cwd=workspace, course=small)
    assert done.exit_code == 2 and "nothing is written yet" in done.output and "dlex report" in done.output
    assert not (workspace / "report.html").exists()


def test_a_report_leaves_out_what_is_not_begun(run, small: Course, workspace: Path, monkeypatch) -> None:
    (workspace / f"{ONE}.py").write_text("def one(X): ...\n")
    asked = []

    def grade(_course: Course, exercises: list, *_arguments: object, **_options: object) -> list:
        asked.extend(exercise.id for exercise in exercises)
        return [attempt(*WRONG)]

    monkeypatch.setattr("dlex.grading.session.grade", grade)
    monkeypatch.setattr("dlex.pictures.can_draw", lambda: False)
    assert run("report", cwd=workspace, course=small).exit_code == 0
    page = (workspace / "report.html").read_text(encoding="utf-8")
    assert asked == [ONE] and page.count("not attempted") == len(small.exercises) - 1
