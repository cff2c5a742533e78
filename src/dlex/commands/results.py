"""`dlex results`."""

from __future__ import annotations

from collections.abc import Callable

import click

from dlex.errors import UsageError
from dlex.results import DEFAULT_DATABASE


@click.command("results", short_help="Instructors: look at grades.")
@click.option("--db", metavar="URL", default=DEFAULT_DATABASE, show_default=True, help="A file or a URL.")
@click.option("--run", type=click.IntRange(1), metavar="N", help="This run; the latest of each learner else.")
@click.option("--all-runs", is_flag=True, help="List the runs.")
@click.option("--learner", multiple=True, metavar="NAME", help="Only this learner (may be repeated).")
@click.option(
    "--exercise", multiple=True, metavar="ID", help="Only this exercise or chapter (may be repeated)."
)
@click.option("--diff", is_flag=True, help="What a run (the newest, if left out) changed in earlier grades.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, records whole.")
def command(
    db: str,
    run: int | None,
    all_runs: bool,
    learner: tuple[str, ...],
    exercise: tuple[str, ...],
    diff: bool,
    as_json: bool,
) -> None:
    """Show grades that `dlex grade` made: the latest of each learner, a run, or what a regrade changed.

    Nothing is held back: this is for instructors, not for learners.

    \b
    Examples:
      dlex results
      dlex results --all-runs
      dlex results --run 3 --exercise softmax
      dlex results --diff --json
    """
    if all_runs and (run or learner or exercise or diff):
        raise UsageError("--all-runs lists runs, and goes with --db and --json only")

    from dlex.results.choose import choose_exercises, choose_learners
    from dlex.results.store import Store

    with Store(db, create=False) as store:
        wanted = {
            "learners": choose_learners(learner, store.learners()) if learner else [],
            "exercises": choose_exercises(exercise, store.exercises()) if exercise else [],
        }
        if all_runs:
            show = _runs
        elif diff:
            show, run = _diff, store.run(run).id
        else:
            show, run = _grades, run and store.run(run).id
        show(store, run, wanted, _print_json if as_json else None)


Printer = Callable[[object], None]


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value).decode())


def _runs(store, _run: None, _wanted: dict, printer: Printer | None) -> None:
    if printer:
        for run in store.runs():
            printer(run)
        return
    from dlex.results.tables import print_runs

    print_runs(store.runs(), _console())


def _grades(store, run: int | None, wanted: dict, printer: Printer | None) -> None:
    records = store.records(run, **wanted)
    if printer:
        for stored in records:
            printer(stored.result)
        return
    from dlex.results.tables import print_grades

    if not print_grades(records, _console()):
        click.echo("No results.")


def _diff(store, run: int, wanted: dict, printer: Printer | None) -> None:
    from dlex.results.regrade import compare_run

    changes = compare_run(store, run, **wanted)
    if printer:
        for _name, change in changes:
            if change is not None and change.changed:
                printer(change)
        return
    from dlex.results.tables import print_changes

    print_changes(changes, _console(), run=run)


def _console():
    from rich.console import Console

    return Console(highlight=False)
