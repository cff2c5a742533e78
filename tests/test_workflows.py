"""The workflows in docs/ are YAML, their commands run, and they keep to what docs/ci.md promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dlex.course import Course

yaml = pytest.importorskip("yaml")

DOCS = Path(__file__).resolve().parent.parent / "docs"
GITHUB = yaml.safe_load((DOCS / "workflows" / "github.yml").read_text())
GITLAB = yaml.safe_load((DOCS / "workflows" / "gitlab-ci.yml").read_text())
STEPS = GITHUB["jobs"]["grade"]["steps"]
COMMANDS = [
    *(step["run"] for step in STEPS if "run" in step),
    "\n".join(GITLAB["grade"]["before_script"] + GITLAB["grade"]["script"]),
]
GRADE = "--format junit,github,markdown --out"


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_bash(command: str) -> None:
    assert "${{" not in command  # an expression would be pasted into the script: use env
    done = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


WRONG = "import torch\n\ndef softmax(X):\n    return torch.exp(X) / torch.exp(X).sum(0)\n"


def run_job(small: Course, command: str, folder: Path, **variables: str) -> str:
    """Run a job's command in `folder`, where learners' answers are, with nothing of this environment."""
    answers = small.root.parent / "answers" / "ch03"
    answers.mkdir(parents=True, exist_ok=True)
    (answers / "softmax.py").write_text(WRONG)
    dlex = small.root.parent / "venv" / "bin" / "dlex"
    dlex.parent.mkdir(parents=True)
    dlex.write_text(f'#!/bin/sh\nexec {sys.executable} {DOCS.parent / "cli.py"} "$@"\n')
    dlex.chmod(0o755)
    variables |= {"PATH": "/usr/bin:/bin", "DLEX_COURSE": str(small.root)}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_graded(results: Path) -> bool:
    summary = (results / "summary.md").read_text()
    return "wrong_axis" in summary and "<failure" in (results / "junit.xml").read_text()


def test_github_grades(small: Course, tmp_path: Path) -> None:
    (command,) = [step["run"] for step in STEPS if step.get("name") == "Grade"]
    annotations = run_job(small, command, tmp_path, RUNNER_TEMP=str(tmp_path))
    assert is_graded(tmp_path / "results")
    told = annotations + (tmp_path / "results" / "annotations.txt").read_text()
    assert "::error file=ch03/softmax.py" in told


def test_gitlab_grades(small: Course, tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    command = "\n".join(GITLAB["grade"]["script"]).replace("/opt/venv", str(tmp_path / "venv"))
    run_job(small, command, tmp_path / "answers")
    assert is_graded(tmp_path / "answers" / "results")


def test_github_gives_no_more_rights_than_needed() -> None:
    triggers = GITHUB[True]  # `on`, as YAML reads it
    assert set(triggers) == {"push", "pull_request"}
    assert GITHUB["permissions"] == {"contents": "read"}
    assert "permissions" not in GITHUB["jobs"]["grade"]
    checkouts = [step["with"] for step in STEPS if "checkout" in step.get("uses", "")]
    assert [each["path"] for each in checkouts] == ["answers", "course"]
    assert all(each["persist-credentials"] is False for each in checkouts)


def test_github_pins_actions_and_keeps_results() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)
    upload = STEPS[-1]
    assert upload["uses"].startswith("actions/upload-artifact") and upload["if"] == "always()"
    assert any(GRADE in step.get("run", "") for step in STEPS)


def test_gitlab_reports_junit() -> None:
    job = GITLAB["grade"]
    assert GRADE in job["script"][0]
    assert job["artifacts"]["reports"]["junit"] == "results/junit.xml"
    assert job["artifacts"]["when"] == "always"


@pytest.mark.parametrize("page", ["ci.md", "gradescope.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (DOCS / page).read_text())
    assert links or page == "gradescope.md"
    assert all((DOCS / link).is_file() for link in links)
