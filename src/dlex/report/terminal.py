"""The report of `dlex check`: readable at 80 columns, without colour, and piped to a file."""

from __future__ import annotations

import re

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dlex.course import Course
from dlex.language import _, ngettext
from dlex.report.folded import Folded
from dlex.results.formats.words import causes, heading, mistake_in_words, same_reason
from dlex.results.records import CheckResult, Efficiency, ExerciseResult, SubmissionResult

MARKS = {"passed": ("✓", "green"), "not_attempted": ("·", "dim")}
WRONG_ENTRY = re.compile(r">[^<>\s]+<")
SHOWN_IN_FULL = 3
OUTPUT_LINES = 20
MUCH_MEMORY = 1.5  # times as much as the reference holds: more is told


def print_result(result: SubmissionResult, course: Course, console: Console | None = None) -> None:
    """Print a summary by chapter, then every failure with what is needed to understand it; of a single
    exercise also what it costs."""
    console = console or Console(highlight=False)
    console.print(_summary(result, course))
    for exercise in result.exercises:
        print_exercise(console, exercise)
    if len(result.exercises) == 1:
        _print_efficiency(console, result.exercises[0])
    console.print(_last_line(result))


def _summary(result: SubmissionResult, course: Course) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    for chapter in course.chapters:
        inside = [e for e in result.exercises if e.id.startswith(f"{chapter.id}/")]
        if not inside:
            continue
        score, most = sum(e.score for e in inside), sum(e.max_score for e in inside)
        table.add_row(
            Text(chapter.id, "bold"), Text(chapter.title, "bold"), Text(f"{score:g}/{most:g}", "bold")
        )
        for exercise in inside:
            table.add_row(
                mark(exercise), Text(exercise.title), Text(f"{exercise.score:g}/{exercise.max_score:g}")
            )
    return table


def mark(exercise: ExerciseResult) -> Text:
    outcome = "passed" if _perfect(exercise) else exercise.status
    mark, style = MARKS.get(outcome, ("✗", "red"))
    return Text.assemble("  ", (mark, style), f" {exercise.id}")


def _perfect(exercise: ExerciseResult) -> bool:
    return bool(exercise.checks) and all(check.outcome == "passed" for check in exercise.checks)


def print_exercise(
    console: Console,
    exercise: ExerciseResult,
    in_full: int = SHOWN_IN_FULL,
    named: int | None = None,
    printed: int = OUTPUT_LINES,
) -> None:
    """Print what is to be said about one exercise: the first `in_full` causes of failures in full, a line
    for each of the first `named` checks beyond (None: for all of them), and the first `printed` lines of
    what it printed itself."""
    if not _perfect(exercise):
        console.print()
        console.rule(Text(f" {exercise.id} ", "bold"), align="left", style="dim", characters="─")
    if exercise.message:
        console.print(Folded(exercise.message))
    if exercise.status == "graded":
        _print_failures(console, exercise, in_full, named)
    _print_output(console, exercise, printed)


def _print_failures(console: Console, exercise: ExerciseResult, in_full: int, named: int | None) -> None:
    """The first few causes in full, one line for each check beyond."""
    groups = causes(exercise)
    beyond = [check for group in groups[in_full:] for check in group]
    for check, *others in groups[:in_full]:
        console.print()
        console.print(_headline(check))
        console.print(Padding(_details(check), (0, 0, 0, 2)))
        if others:
            console.print(Padding(Folded(same_reason(others), "dim"), (0, 0, 0, 2)))
    if beyond:
        console.print()
    for check in beyond[:named]:
        console.print(_headline(check))
    if unnamed := len(beyond) - len(beyond[:named]):
        told = ngettext("… and 1 more check that fails", "… and {n} more checks that fail", unnamed)
        console.print(Text(f"  {told.format(n=unnamed)}", "dim"))


def _headline(check: CheckResult) -> Table:
    """One line, or more on a narrow terminal: what is folded stays right of the mark."""
    mark, style = MARKS.get(check.outcome, ("✗", "red"))
    points = f"{check.points:g}/{check.max_points:g}"
    line = Table.grid(padding=(0, 1))
    line.add_row(Text(mark, style), Folded.assemble(f"{heading(check)}  ", (points, "dim")))
    return line


def _details(check: CheckResult) -> Table:
    """What was called, what came back, what was expected, where they part, what to look at."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if check.message:
        table.add_row(_("problem"), Folded(check.message))
    seen = check.counterexample
    if seen is not None:
        table.add_row(_("called"), Text(seen.call))
        for name, value in seen.arguments.items():
            table.add_row(f"  {name} =", _tensor(value))
        if seen.got:
            table.add_row(_("got"), _tensor(seen.got))
        if seen.expected:
            table.add_row(_("expected"), _tensor(seen.expected))
    if check.mistake is not None:
        table.add_row(_("mistake"), Folded(mistake_in_words(check.mistake), "bold"))
    elif check.hint:
        table.add_row(_("hint"), Folded(check.hint))
    return table


def _tensor(value: str) -> Text:
    """A tensor; entries marked as wrong stand out in colour too."""
    text = Text(value)
    text.highlight_regex(WRONG_ENTRY, "bold red")
    return text


def _print_efficiency(console: Console, exercise: ExerciseResult) -> None:
    """What a right answer costs, and whether that grows with the input."""
    for check in exercise.checks:
        cost = check.efficiency
        if cost is None:
            continue
        console.print(Padding(Folded(cost.told, "dim"), (0, 0, 0, 2)))
        for line in _measured(cost):
            console.print(Padding(Folded(line.strip(), "dim"), (0, 0, 0, 4)))


def _measured(cost: Efficiency) -> list[str]:
    """What else is known of an answer's costs, a line each."""
    number, in_bytes = _("{count:,} for {size}"), _("{count:,} bytes for {size}")
    times, time = _("{count:,} times for {size}"), _("{count:,} µs for {size}")
    much = max(cost.peak_bytes.values()) > MUCH_MEMORY * max(cost.reference_bytes.values(), default=0)
    rows = [
        (_("    floating point operations: {counts}"), cost.flops, number),
        (_("    most memory in new tensors: {counts}"), cost.peak_bytes, in_bytes),
        (_("    the reference needs less: {counts}"), cost.reference_bytes if much else {}, in_bytes),
        (_("    the CPU waited for the GPU (.item() and bool() do that): {counts}"), cost.round_trips, times),
        (_("    most memory on the GPU, measured there: {counts}"), cost.gpu_bytes, in_bytes),
        (_("    time on the GPU, measured there: {counts}"), cost.gpu_microseconds, time),
    ]
    return [line.format(counts=_by_size(counts, each)) for line, counts, each in rows if any(counts.values())]


def _by_size(counts: dict[str, float], told: str) -> str:
    return _("; ").join(told.format(count=count, size=size) for size, count in counts.items())


def _print_output(console: Console, exercise: ExerciseResult, shown: int) -> None:
    lines = exercise.output.rstrip().splitlines()
    if not lines:
        return
    told = _("{id} printed (this never changes the grade):").format(id=exercise.id)
    console.print(Text(f"\n{told}", "dim"))
    for line in lines[:shown]:
        console.print(Text(f"  {line}"), soft_wrap=True)
    if len(lines) > shown:
        more = len(lines) - shown
        told = _("… and {count} more lines").format(count=more)
        console.print(Text(f"  {told}", "dim"))


def _last_line(result: SubmissionResult) -> Text:
    if result.status == "not_graded":
        told = _("Not graded: {reason}. This is not your fault; `dlex doctor` may know more.")
        return Folded("\n" + told.format(reason=result.reason), "red")
    score = _("{score:g} of {most:g} points").format(score=result.score, most=result.max_score)
    detail = _("(seed {seed}, isolation {isolation}, {seconds:.2f} s)").format(
        seed=result.seed, isolation=result.isolation, seconds=result.duration_s
    )
    style = "bold green" if result.perfect else "bold"
    return Text.assemble("\n", (score, style), (f"  {detail}", "dim"))
