"""Runs, grades and changes on a terminal: right at 80 columns, whatever learners call themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dlex.results.records import ExerciseResult
from dlex.results.regrade import Change, CheckChange, Summary
from dlex.results.store import Run, Stored
from dlex.results.text import plain

MARKS = {"missing": "–", "not_attempted": "·", "not_graded": "?"}
LEGEND = "· still the stub   – nothing handed in   ! does not load   ? not graded"
LEARNER_WIDTH = 24
GAP = 2


def print_runs(runs: Iterable[Run], console: Console) -> None:
    """A line per run, oldest first; `lost` are those that the machinery could not grade."""
    table = _table()
    for heading in ("run", "started", "course", "seed", "graded", "lost", ""):
        justify = "right" if heading in ("run", "graded", "lost") else "left"
        table.add_column(heading, justify=justify, no_wrap=heading != "course")  # which gives way
    for run in runs:
        table.add_row(
            str(run.id),
            Text(run.started.replace("T", " ")[:16]),
            Text(one_line(run.course), no_wrap=True, overflow="ellipsis"),
            str(run.conditions.seed),
            str(run.graded),
            str(run.not_graded or ""),
            Text("" if run.finished else "unfinished", "yellow"),
        )
    console.print(table)


def print_grades(records: Iterable[Stored], console: Console) -> int:
    """A line per learner, a column per exercise, in as many tables as the width asks for; how many
    learners there are."""
    rows: list[tuple[str, str, dict[str, str]]] = []
    for stored in records:
        cells = {exercise.id: _cell(exercise) for exercise in stored.result.exercises}
        rows.append((one_line(stored.name), _total(stored), cells))
    ids = sorted({id for _name, _total, cells in rows for id in cells})
    for columns in _blocks(ids, rows, console.width):
        console.print(_grades(columns, rows))
        console.print()
    if rows:
        console.print(Text(LEGEND, "dim"))
    return len(rows)


def print_changes(changes: Iterable[tuple[str, Change | None]], console: Console, *, run: int) -> Summary:
    """Who changed, by how much, on which checks; then how many did not."""
    summary = Summary()
    for _name, change in changes:
        summary.count(change)
        if change is not None and change.changed:
            _print_change(change, console)
    console.print(_last_line(summary, run))
    return summary


def one_line(text: str) -> str:
    """Hostile text on one line."""
    return " ".join(plain(text).split())


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")


def _total(stored: Stored) -> str:
    if stored.result.status == "not_graded":
        return "?"
    return f"{stored.result.score:g}/{stored.result.max_score:g}"


def _cell(exercise: ExerciseResult) -> str:
    if exercise.status in MARKS:
        return MARKS[exercise.status]
    failed = "!" if exercise.status == "load_error" else ""
    return f"{failed}{exercise.score:g}/{exercise.max_score:g}"


def _heading(id: str) -> str:
    """Chapter and words below one another: columns stay narrow."""
    return id.replace("/", "/\n").replace("_", "_\n")


def _blocks(ids: Sequence[str], rows: list, width: int) -> Iterator[list[str]]:
    """The columns in portions that fit beside the learner's name and the total."""
    longest = max((Text(name).cell_len for name, *_ in rows), default=0)
    totals = max((len(total) for _name, total, _cells in rows), default=0)
    room = width - min(max(longest, len("learner")), LEARNER_WIDTH) - max(totals, len("total")) - GAP
    portion: list[str] = []
    left = room
    for id in ids:
        parts = [*_heading(id).split("\n"), *(cells.get(id, "") for _name, _total, cells in rows)]
        need = GAP + max(map(len, parts))
        if portion and need > left:
            yield portion
            portion, left = [], room
        portion.append(id)
        left -= need
    if portion or rows:
        yield portion


def _grades(columns: list[str], rows: list[tuple[str, str, dict[str, str]]]) -> Table:
    table = _table()
    table.add_column("learner", max_width=LEARNER_WIDTH, overflow="fold", vertical="bottom")
    table.add_column("total", justify="right", no_wrap=True)
    for id in columns:
        table.add_column(Text(_heading(id)), justify="right", no_wrap=True)
    for name, total, cells in rows:
        table.add_row(Text(name), Text(total, "bold"), *(Text(cells.get(id, "")) for id in columns))
    return table


def _print_change(change: Change, console: Console) -> None:
    console.print(Text.assemble((one_line(change.learner), "bold"), "  ", _points(change)))
    for check in change.checks:
        console.print(Text(f"  {_check(check)}"))
    console.print()


def _points(change: Change) -> Text:
    before = f"{change.score_before:g}/{change.max_score_before:g}"
    if change.reason:
        return Text(f"{before} → not graded: {one_line(change.reason)}", "yellow")
    style = "green" if change.points > 0 else "red" if change.points < 0 else ""
    after = f"{change.score_after:g}/{change.max_score_after:g}"
    return Text(f"{before} → {after}  ({change.points:+g})", style)


def _check(change: CheckChange) -> str:
    before = _came_out(change.outcome_before, change.points_before, change.max_points_before)
    after = _came_out(change.outcome_after, change.points_after, change.max_points_after)
    named = change.mistake_after if change.mistake_after != change.mistake_before else None
    mistake = f"  mistake: {one_line(named)}" if named else ""
    return f"{change.exercise}  {one_line(change.check)}: {before} → {after}{mistake}"


def _came_out(outcome: str | None, points: float, most: float) -> str:
    return "no such check" if outcome is None else f"{outcome} {points:g}/{most:g}"


def _last_line(summary: Summary, run: int) -> Text:
    said = {
        "up": summary.up,
        "down": summary.down,
        "changed with the same score": summary.otherwise,
        "not graded this time": summary.not_graded,
        "unchanged": summary.same,
        "without an earlier grade of the same files": summary.without_earlier,
    }
    parts = ", ".join(f"{count} {what}" for what, count in said.items() if count) or "no results"
    return Text(f"Run {run}: {parts}.")
