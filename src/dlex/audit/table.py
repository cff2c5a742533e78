"""An audit on a terminal: a line per exercise, then what is wrong and which mutants survived."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dlex.audit.records import Audit, ExerciseAudit, Mutant, Problem

COLUMNS = ("checks", "variants", "mistakes", "mutants", "same", "killed", "s")


def show(audit: Audit, console: Console, *, verbose: bool = False) -> None:
    """Print an audit; `verbose` lists the mutants that count as equivalent as well."""
    console.print(_table(audit))
    for exercise in audit.exercises:
        _show_mutants(console, exercise, "survived")
        if verbose:
            _show_mutants(console, exercise, "equivalent")
    for problem in audit.all_problems:
        _show_problem(console, problem)
    count = len(audit.all_problems)
    verdict = "[green]clean[/]" if audit.clean else f"[red]{count} problem{'s' if count > 1 else ''}[/]"
    console.print(f"{verdict} in {audit.seconds:.0f} s, isolation level {audit.isolation}")


def _table(audit: Audit) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", min_width=1)
    table.add_column("exercise", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True, min_width=min(4, len(column)))
    for exercise in audit.exercises:
        mark = "[red]✗[/]" if exercise.problems else "[green]✓[/]"
        table.add_row(mark, exercise.id, *_cells(exercise))
    return table


def _cells(exercise: ExerciseAudit) -> list[str]:
    """One row: how many of each; how many mutants behave like the solution, and what share of the
    others was rejected; seconds."""
    rate = exercise.kill_rate
    looked_at = len(exercise.mutants)
    return [
        str(exercise.checks),
        str(exercise.variants),
        str(exercise.mistakes),
        f"{looked_at}" if looked_at == exercise.made else f"{looked_at} of {exercise.made}",
        str(len(exercise.of_fate("equivalent"))),
        "–" if rate is None else f"{rate:.1%}",
        f"{exercise.seconds:.0f}",
    ]


def _show_mutants(console: Console, exercise: ExerciseAudit, fate: str) -> None:
    for mutant in exercise.of_fate(fate):
        where = f"{exercise.id}, line {mutant.line}, {mutant.operator}"
        console.print(f"\n[bold]{fate}[/] {escape(where)}{_why(mutant)}", highlight=False)
        console.print(_colored(mutant.diff))


def _why(mutant: Mutant) -> str:
    if not mutant.survived:
        return ""
    seeds = ", ".join(map(str, mutant.survived))
    return escape(f": passed at seed {seeds}, but differs in {mutant.differs}")


def _show_problem(console: Console, problem: Problem) -> None:
    console.print(
        Text(f"\n{problem.file}:{problem.line}: ", "bold") + Text(problem.message, "red"), soft_wrap=True
    )
    if problem.detail:
        console.print(_colored(problem.detail), soft_wrap=True)


def _colored(text: str) -> Text:
    """Lines of a diff in colour."""
    styles = {"-": "red", "+": "green"}
    return Text("\n").join(Text(f"  {line}", styles.get(line[:1], "")) for line in text.splitlines())
