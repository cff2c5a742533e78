"""The files of a workspace that are no exercises: they explain it, and tell editors and git about it."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from dlex.course import Course, Exercise
from dlex.language import _

HIDDEN = ["**/__pycache__", ".dlex"]
OF_ONE = "show", "check", "hint", "history"
OF_ALL = "watch", "status", "update"


def settings(course: Course, first: Exercise) -> dict[str, str]:
    """Their texts, by path in the workspace; `first` is the exercise to begin with.

    Those that name a place on this machine stay out of git: `dlex init` makes them on another one.
    """
    return {
        "README.md": _readme(course, first.name),
        ".gitignore": "__pycache__/\n.dlex/\n.vscode/\npyrightconfig.json\n*.py.new*\n",
        ".vscode/settings.json": _json(_vscode()),
        "pyrightconfig.json": _json(_pyright()),
    }


def _readme(course: Course, name: str) -> str:
    commands = {each: f"dlex {each} {name}".ljust(len("dlex history ") + len(name)) for each in OF_ONE}
    commands |= {each: f"dlex {each}".ljust(len("dlex history ") + len(name)) for each in OF_ALL}
    return _(
        "# {title}: my answers\n\n"
        "Each file holds one exercise. Read it, replace `raise NotImplementedError`\n"
        "with your answer, save.\n\n"
        "    {watch}   checks whatever you save\n"
        "    {show}   the statement, set for reading\n"
        "    {check}   what is right, what is wrong, and on which input\n"
        "    {hint}   a question; then the idea; then the formula\n"
        "    {history}   your attempts, and what you wrote then\n"
        "    {status}   how far you are, and what comes next\n"
        "    {update}   new or changed stubs; what you wrote stays\n\n"
        "`dlex check ch3` checks a chapter, `dlex check` everything. Your own helper\n"
        "functions, loops or tensor operations: whatever is right earns the points.\n\n"
        "Open this folder in an editor: `.vscode/settings.json` and\n"
        "`pyrightconfig.json` tell it which Python has torch. What you do is remembered\n"
        "in `.dlex/`, on this machine alone.\n"
    ).format(title=course.title, **commands)


def _vscode() -> dict:
    """Visual Studio Code: run what dlex runs with, and leave our own folder alone."""
    return {
        "python.defaultInterpreterPath": sys.executable,
        "files.exclude": dict.fromkeys(HIDDEN, True),
    }


def _pyright() -> dict:
    """Pyright, in any editor: the environment that has torch, and no complaint about stubs' own imports."""
    folder = Path(sys.prefix)
    found = {"include": ["."], "exclude": HIDDEN, "typeCheckingMode": "basic"}
    if is_environment():
        found |= {"venvPath": str(folder.parent), "venv": folder.name}
    return found


def is_environment() -> bool:
    """Whether Python runs in an environment of its own, one of venv or conda, not the system's."""
    return sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir()


def _json(value: dict) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
