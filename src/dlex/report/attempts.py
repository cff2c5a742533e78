"""The attempts at an exercise, for the terminal: when, how many points, what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlex.language import _, ngettext
from dlex.results.text import plain
from dlex.workspace.changes import Step
from dlex.workspace.history import Attempt

NAMED = 3  # titles of checks that a line names
LARGE = 1 << 21


def print_steps(console: Console, steps: list[Step]) -> None:
    """A line for each attempt at one exercise."""
    table = _table()
    for step in steps:
        told = Text("\n").join(Text(line, style) for line, style in _told(step))
        table.add_row(str(step.attempt.number), _when(step.attempt.at), _points(step.attempt), told)
    console.print(table)


def print_attempts(console: Console, attempts: list[Attempt]) -> None:
    """A line for each attempt, whatever the exercise."""
    table = _table()
    for attempt in attempts:
        table.add_row(str(attempt.number), _when(attempt.at), _points(attempt), plain(attempt.exercise))
    console.print(table)


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    return table


def _told(step: Step) -> list[tuple[str, str]]:
    """What is to be said of an attempt: sentences and their styles."""
    found = []
    if step.attempt.status == "load_error":
        found.append((_("the file did not load"), "red"))
    elif step.first and step.attempt.checks:
        worth = [check for check in step.attempt.checks if check.max_points]
        passed = sum(check.outcome == "passed" for check in worth)
        told = ngettext("{passed} of 1 check passes", "{passed} of {n} checks pass", len(worth))
        found.append((told.format(passed=passed, n=len(worth)), ""))
    if step.gained:
        found.append((_("passes now: {titles}").format(titles=_titles(step.gained)), "green"))
    if step.lost:
        found.append((_("passes no longer: {titles}").format(titles=_titles(step.lost)), "red"))
    if step.mistakes:
        found.append((_("mistake: {names}").format(names=plain(_(", ").join(step.mistakes))), "yellow"))
    return found or [("", "")]


def _titles(titles: list[str]) -> str:
    shown, more = plain(_(", ").join(titles[:NAMED])), len(titles) - NAMED
    if more <= 0:
        return shown
    return ngettext("{titles} and 1 more", "{titles} and {n} more", more).format(titles=shown, n=more)


def _when(at: str) -> str:
    """A time of the record in the reader's own time zone."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return plain(at, 20)


def _points(attempt: Attempt) -> str:
    return f"{attempt.score:g}/{attempt.max_score:g}"


def difference(then: bytes, now: bytes, number: int, file: str) -> str:
    """The lines that changed from an attempt's file to the file as it is now; "" if none did."""
    before, after = (
        plain(text.decode("utf-8", "replace"), LARGE).splitlines(keepends=True) for text in (then, now)
    )
    name = _("{file} (attempt {number})").format(file=file, number=number)
    return "".join(_ended(difflib.unified_diff(before, after, name, _("{file} (now)").format(file=file))))


def _ended(lines: Iterable[str]) -> Iterable[str]:
    return (line if line.endswith("\n") else f"{line}\n" for line in lines)
