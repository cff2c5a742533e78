"""`dlex release --gradescope`: the zip, and its two scripts run outside of Gradescope."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dlex.course import CONTENT, Course, read_course
from dlex.errors import CourseError, UsageError
from dlex.release import packages
from dlex.release.gradescope import bundle


@pytest.fixture(scope="module")
def autograder(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "autograder.zip"
    return bundle(course, path, course.find("softmax") + course.find("ch04"))


@pytest.fixture
def container(autograder: Path, tmp_path: Path) -> Path:
    """A folder laid out as Gradescope lays out /autograder."""
    root = tmp_path / "auto grader"  # a space must do no harm
    (root / "source").mkdir(parents=True)
    subprocess.run(["unzip", "-q", str(autograder), "-d", str(root / "source")], check=True)
    shutil.copy2(root / "source" / "run_autograder", root / "run_autograder")
    (root / "submission").mkdir()
    (root / "bin").mkdir()
    return root


def pretend(container: Path, name: str, script: str) -> None:
    """Put a program on the PATH."""
    path = container / "bin" / name
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def run_script(container: Path, script: Path, **variables: str) -> subprocess.CompletedProcess:
    environment = {
        "PATH": f"{container / 'bin'}:{os.environ['PATH']}",
        "DLEX_AUTOGRADER": str(container),
        **variables,
    }
    return subprocess.run(
        [str(script)], cwd=container, env=environment, capture_output=True, text=True, timeout=60
    )


def grade_in(container: Path, **variables: str) -> tuple[dict, str]:
    """What results.json says, and what was printed."""
    done = run_script(container, container / "run_autograder", **variables)
    assert done.returncode == 0, done.stderr
    return json.loads((container / "results" / "results.json").read_text()), done.stdout + done.stderr


def test_what_is_in_the_zip(autograder: Path, course: Course) -> None:
    archive = zipfile.ZipFile(autograder)
    names = archive.namelist()
    for script in ("setup.sh", "run_autograder"):  # in the root of the archive, and executable
        assert archive.getinfo(script).external_attr >> 16 & 0o777 == 0o755
    assert "hidden=True" in archive.read("course/graders/ch03/softmax.py").decode()
    assert {name for name in names if name.startswith("course/")} == {
        "course/exercises/course.toml",
        *(f"course/{f}/{e.id}.py" for e in course.exercises for f in CONTENT if f != "solutions"),
        *(f"course/{path.relative_to(course.root)}" for path in course.catalogues.rglob("*.mo")),
    }
    assert not [name for name in names if "__pycache__" in name or "_course" in name]
    assert b"torch==" in archive.read("constraints.txt")
    assert autograder.stat().st_mode & 0o077 == 0


def test_the_same_course_gives_the_same_zip(autograder: Path, course: Course, tmp_path: Path) -> None:
    again = bundle(course, tmp_path / "again.zip", course.find("softmax") + course.find("ch04"))
    assert again.read_bytes() == autograder.read_bytes()


def test_pip_builds_its_dlex(container: Path, tmp_path: Path) -> None:
    offline = [
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        tmp_path / "wheels",
    ]
    command = [sys.executable, "-m", "pip", "wheel", *offline, container / "source" / "engine"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").glob("dlex-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "dlex/cli.py" in names and "dlex/templates/graders.txt" in names
    (about,) = (zipfile.ZipFile(wheel).read(name).decode() for name in names if name.endswith("METADATA"))
    assert "Requires-Dist: torch" in about


def test_an_installed_dlex_knows_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "CHECKOUT", tmp_path / "pyproject.toml")
    needed = packages.requirements()
    assert any(line.startswith("torch") for line in needed) and not any("extra" in line for line in needed)
    assert "\ntorch==" in packages.constraints() and "+" not in packages.constraints()


def test_a_zip_is_not_overwritten(course: Course, tmp_path: Path) -> None:
    path = bundle(course, tmp_path / "auto.zip")
    with pytest.raises(UsageError, match="--force"):
        bundle(course, path)
    assert bundle(course, path, force=True) == path
    path.write_text("a thesis")
    with pytest.raises(UsageError, match="is no autograder"):
        bundle(course, path, force=True)
    assert path.read_text() == "a thesis"


def test_a_file_is_missing(course: Course, tmp_path: Path) -> None:
    for folder in CONTENT:
        shutil.copytree(course.root / folder, tmp_path / "course" / folder)
    (tmp_path / "course" / "graders" / "ch03" / "softmax.py").unlink()
    with pytest.raises(CourseError, match=r"softmax\.py is missing"):
        bundle(read_course(tmp_path / "course"), tmp_path / "auto.zip")
    assert not (tmp_path / "auto.zip").exists()


DLEX = """
printf '%s\\n' "$PWD" "$@" >"$DLEX_AUTOGRADER/asked"
echo '{"score": 3, "tests": []}' >"$DLEX_AUTOGRADER/results/results.json"
exit "${CODE:-0}"
"""


def test_a_grade(container: Path, course: Course) -> None:
    asked = course.find("softmax") + course.find("ch04")
    pretend(container, "dlex", DLEX)
    result, printed = grade_in(container)
    assert result == {"score": 3, "tests": []} and printed == ""
    assert (container / "asked").read_text().split("\n")[:-1] == [
        "/", "--course", f"{container}/source/course", "grade", f"{container}/submission",
        "--format", "gradescope", "--out", f"{container}/results",
        "--db", f"{container}/dlex.db", "--jobs", "1",
        *(word for exercise in asked for word in ("--exercise", exercise.id)),
    ]  # fmt: skip
    assert grade_in(container, CODE="1")[0]["score"] == 3  # dlex says itself that it was not graded


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo SECRET; echo SECRET >&2; exit 3", "the course is broken; exit code 3"),
        ("exit 4", "isolate"),
        ("exit 2", "exit code 2"),
        ("exit 1", "without a result"),
        ("exit 0", "without a result"),
        ("exec sleep 60", "longer"),
        ('echo \'{"score": 0}\' >"$DLEX_AUTOGRADER/results/results.json"; exit 3', "broken"),
        ('echo \'{"score": \' >"$DLEX_AUTOGRADER/results/results.json"', "without a result"),
        ('echo \'{"score": NaN}\' >"$DLEX_AUTOGRADER/results/results.json"', "without a result"),
        ('echo "[]" >"$DLEX_AUTOGRADER/results/results.json"', "without a result"),
        ("kill -9 $$", "longer than it may, or more memory"),
        (None, "dlex is not installed"),
    ],
)
def test_no_grade_is_told_and_is_no_score(container: Path, script: str | None, said: str) -> None:
    (container / "results").mkdir()
    (container / "results" / "results.json").write_text('{"score": 99}')  # an earlier one
    if script:
        pretend(container, "dlex", script)
        variables = {"DLEX_SECONDS": "1"} if "sleep" in script else {}
    else:
        for tool in ("timeout", "python3", "mkdir", "rm", "mv", "bash"):
            (container / "bin" / tool).symlink_to(shutil.which(tool))
        variables = {"PATH": str(container / "bin")}
    result, printed = grade_in(container, **variables)
    assert "score" not in result and "tests" not in result
    assert "not graded" in result["output"] and said in result["output"]
    assert "SECRET" not in printed + json.dumps(result)


TOOL = """
echo "${0##*/} $*" >>"$DLEX_AUTOGRADER/asked"
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp "$0" "$3/bin/dlex"
fi
"""


def test_setup_installs_what_it_says(container: Path) -> None:
    for tool in ("apt-get", "python3"):
        pretend(container, tool, TOOL)
    done = run_script(container, container / "source" / "setup.sh")
    assert done.returncode == 0, done.stderr
    asked = (container / "asked").read_text()
    for wanted in (
        "bubblewrap libseccomp2",
        "/whl/cpu torch",
        "source/engine",
        "source/constraints.txt",
        "doctor",
    ):
        assert wanted in asked


def test_setup_says_that_python_is_too_old(container: Path) -> None:
    pretend(container, "apt-get", '[[ "$*" != *python3.1* ]]')
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        pretend(container, name, "exit 1")
    done = run_script(container, container / "source" / "setup.sh")
    assert done.returncode == 1
    assert "no Python 3.11" in done.stderr and "Base Image OS" in done.stderr


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_are_bash(container: Path, script: str) -> None:
    path = container / "source" / script
    assert subprocess.run(["bash", "-n", str(path)]).returncode == 0
    assert "set -euo pipefail" in path.read_text() and "@" not in path.read_text().replace("[@]", "").replace(
        '"$@"', ""
    )
