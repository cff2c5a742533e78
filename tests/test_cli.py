"""The commands, as a user meets them: text, exit codes, files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from dlex.cli import main
from dlex.results.records import from_json

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_TORCH = [
    ["--help"], ["--version"], ["list"], ["show", "softmax"], ["init", "answers"], ["hint", "softmax"],
    ["update"], ["history"], ["status"],
    ["sync", "--check"], ["check", "no-such-exercise"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", WITHOUT_TORCH, ids=lambda arguments: arguments[0])
def test_imports_no_torch(arguments: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from dlex.cli import main
try:
    main({["--course", str(ROOT), *arguments]!r}, standalone_mode=True)
except SystemExit:
    pass
sys.exit("torch" in sys.modules or "pytest" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def leaves(group: click.Group, context: click.Context) -> Iterator[click.Command]:
    """The commands below a group, and the groups among them."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield command
        if isinstance(command, click.Group):
            yield from leaves(command, click.Context(command, context, name))


def understood(words: list[str], context: click.Context) -> None:
    """Parse a command line and run nothing; click's error for what does not exist or does not fit."""
    name, command, rest = context.command.resolve_command(context, words)
    if isinstance(command, click.Group):
        understood(rest, click.Context(command, context, name))
    else:
        command.make_context(name, rest, context)


def test_the_help_of_every_command_has_examples_that_are_understood() -> None:
    context = click.Context(main, info_name="dlex")
    for command in leaves(main, context):
        lines = [line.strip() for line in command.help.splitlines()]
        examples = [line for line in lines if line.startswith("dlex ")]
        assert examples and "Example" in command.help, f"{command.name} --help has no example"
        for example in examples:
            understood(shlex.split(example.split(" > ")[0], comments=True)[1:], context)


def test_from_stub_to_full_marks(dlex, tmp_path: Path, course, solution) -> None:
    assert dlex("init", "answers").returncode == 0
    answers = tmp_path / "answers"
    untouched = dlex("check", "softmax", cwd=answers)
    assert untouched.returncode == 1
    assert "still the stub" in untouched.stdout

    (answers / "ch03" / "softmax.py").write_text(
        "import torch\n\ndef softmax(X):\n"
        "    E = torch.exp(X - X.max())\n    return E / E.sum(0, keepdim=True)\n"
    )
    wrong = dlex("check", "softmax", cwd=answers)
    assert wrong.returncode == 1
    assert "wrong_axis" in wrong.stdout
    assert "[[0, 0]]" in wrong.stdout  # the smallest input
    assert 'For "wrong_axis":' in dlex("hint", "softmax", cwd=answers).stdout  # what the report did not say

    (answers / "ch03" / "softmax.py").write_bytes(solution("softmax"))
    right = dlex("check", "ch03/softmax.py", cwd=answers)
    assert right.returncode == 0
    assert "14 of 14 points" in right.stdout
    assert "softmax dispatches" in right.stdout
    status = dlex("status", cwd=answers)
    assert "✓ ch03/softmax" in status.stdout
    assert f"Next: {course.exercises[0].id}.py" in status.stdout


def test_json_is_one_record_and_repeatable(dlex, tmp_path: Path, solution) -> None:
    (tmp_path / "softmax.py").write_bytes(solution("softmax").replace(b"dim=1", b"dim=0"))

    def run() -> dict:
        done = dlex("check", "softmax", "--json", "--seed", "7")
        assert done.returncode == 1
        record = json.loads(done.stdout)
        assert from_json(done.stdout).schema == 1
        del record["started"], record["duration_s"]
        return record

    first = run()
    assert first == run()
    assert first["seed"] == 7 and first["status"] == "graded"
    hidden = [check for check in first["exercises"][0]["checks"] if check["hidden"]]
    assert hidden and not any("expected" in (check["counterexample"] or {}) for check in hidden)


def test_report_fits_80_columns_and_has_no_escapes(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmax.py").write_text(
        "import torch\ndef softmax(X):\n"
        "    print('\\x1b[31mred\\x1b[0m \\x07')\n    return torch.exp(X) / torch.exp(X).sum()\n"
    )
    done = dlex("check", "softmax")
    assert "whole_matrix" in done.stdout
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_first_failure_stops(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmax.py").write_text("def softmax(X):\n    return X\n")
    record = json.loads(dlex("check", "softmax", "-x", "--json").stdout)
    outcomes = [check["outcome"] for check in record["exercises"][0]["checks"]]
    assert outcomes[0] == "failed" and set(outcomes[1:]) == {"error"}


def test_an_unknown_target_suggests_near_ones(dlex) -> None:
    done = dlex("check", "softmx")
    assert done.returncode == 2
    assert "Did you mean softmax" in done.stderr and "ch03/softmax" not in done.stderr  # one name is enough


def test_a_file_of_no_exercise_is_refused(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmx.py").write_text("")
    done = dlex("check", "softmx.py")
    assert done.returncode == 2
    assert "does not say which exercise" in done.stderr and "Did you mean softmax" in done.stderr


@pytest.mark.parametrize("name", ["ch3", "3", "ch03", "CH03", "chapter3"])
def test_names_of_a_chapter(course, name: str) -> None:
    assert {exercise.chapter for exercise in course.find(name)} == {"ch03"}


@pytest.mark.parametrize("name", ["softmax", "ch3/softmax", "ch03/softmax", "ch03/softmax.py", "3/softmax"])
def test_names_of_an_exercise(course, name: str) -> None:
    assert [exercise.id for exercise in course.find(name)] == ["ch03/softmax"]


def test_missing_isolation_is_exit_4(dlex, tmp_path: Path) -> None:
    (tmp_path / "softmax.py").write_text("x = 1\n")
    folder = tmp_path / "bin"
    folder.mkdir()
    done = dlex("check", "softmax", "--isolation", "2", PATH=str(folder))
    assert done.returncode == 4
    assert "bubblewrap" in done.stderr


def test_doctor_tries_a_worker(dlex) -> None:
    done = dlex("doctor")
    assert done.returncode == 0
    assert "worker: started" in done.stdout


class TestBrokenCourse:
    """Each way a course can be broken is exit code 3, with the file."""

    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        folder = tmp_path / "course"
        for name in ("exercises", "solutions", "graders", "reference"):
            shutil.copytree(ROOT / name, folder / name)
        (tmp_path / "softmax.py").write_text("def softmax(X):\n    return X\n")
        return folder

    def check(self, dlex, copy: Path) -> str:
        done = dlex("check", "softmax", DLEX_COURSE=str(copy))
        assert done.returncode == 3, done.stdout + done.stderr
        return done.stderr

    def test_list_does_not_parse(self, dlex, copy: Path) -> None:
        (copy / "exercises" / "course.toml").write_text("title = 1")
        assert "course.toml" in self.check(dlex, copy)

    def test_grader_missing(self, dlex, copy: Path) -> None:
        (copy / "graders" / "ch03" / "softmax.py").unlink()
        assert "softmax.py is missing" in self.check(dlex, copy)

    def test_grader_does_not_load(self, dlex, copy: Path) -> None:
        (copy / "graders" / "ch03" / "softmax.py").write_text("import nothing_of_this_name\n")
        assert "nothing_of_this_name" in self.check(dlex, copy)

    def test_grader_has_no_check(self, dlex, copy: Path) -> None:
        (copy / "graders" / "ch03" / "softmax.py").write_text("x = 1\n")
        assert "has no check" in self.check(dlex, copy)

    def test_check_without_points(self, dlex, copy: Path) -> None:
        text = "def test_a(submission, reference):\n    pass\n"
        (copy / "graders" / "ch03" / "softmax.py").write_text(text)
        assert "has no @check" in self.check(dlex, copy)

    def test_reference_fails_its_own_check(self, dlex, copy: Path) -> None:
        (copy / "reference" / "ch03" / "softmax.py").write_text(
            "def softmax(X):\n    raise OSError('gone')\n"
        )
        assert "the reference raised OSError: gone" in self.check(dlex, copy)

    def test_reference_lacks_the_function(self, dlex, copy: Path) -> None:
        (copy / "reference" / "ch03" / "softmax.py").write_text("")
        assert "defines no softmax" in self.check(dlex, copy)

    def test_stub_out_of_date(self, dlex, copy: Path) -> None:
        stub = copy / "exercises" / "ch03" / "softmax.py"
        stub.write_text(stub.read_text() + "# more\n")
        done = dlex("sync", "--check", DLEX_COURSE=str(copy))
        assert done.returncode == 3 and "ch03/softmax.py" in done.stderr
        assert dlex("sync", DLEX_COURSE=str(copy)).returncode == 0
        assert dlex("sync", "--check", DLEX_COURSE=str(copy)).returncode == 0

    def test_course_option_that_is_no_course(self, dlex, tmp_path: Path) -> None:
        done = dlex("--course", str(tmp_path), "list")
        assert done.returncode == 2 and "is not a course" in done.stderr


def test_course_lookup(dlex, tmp_path: Path) -> None:
    """--course, $DLEX_COURSE, the working directory and its parents, the bundled one, in this order."""
    text = (
        'title = "Mine"\n[[chapter]]\nid = "ch01"\ntitle = "One"\n'
        '[[chapter.exercise]]\nname = "thing"\ntitle = "Thing"\nfunctions = ["thing"]\n'
    )
    mine = tmp_path / "mine"
    (mine / "exercises").mkdir(parents=True)
    (mine / "exercises" / "course.toml").write_text(text)
    (mine / "deep" / "er").mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name != "DLEX_COURSE"}

    def listed(*arguments: str, cwd: Path, **more: str) -> str:
        command = [sys.executable, str(ROOT / "cli.py"), *arguments, "list"]
        return subprocess.run(command, cwd=cwd, env=environment | more, capture_output=True, text=True).stdout

    assert "ch01/thing" in listed(cwd=mine / "deep" / "er")
    assert "ch03/softmax" in listed(cwd=tmp_path)
    assert "ch01/thing" in listed(cwd=tmp_path, DLEX_COURSE=str(mine))
    assert "ch03/softmax" in listed("--course", str(ROOT), cwd=tmp_path, DLEX_COURSE=str(mine))
