"""`dlex report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlex.errors import UsageError
from dlex.language import _
from dlex.results import DEFAULT_DATABASE

if TYPE_CHECKING:
    from dlex.course import Exercise
    from dlex.pictures import Picture
    from dlex.submission import Source


@click.command("report", short_help="Write a report as one HTML file.")
@click.option("--db", metavar="URL", help=f"A class: its grades, a file or a URL; else {DEFAULT_DATABASE}.")
@click.option("--run", type=click.IntRange(1), metavar="N", help="This run; the latest of each learner else.")
@click.option(
    "--exercise", "targets", multiple=True, metavar="ID", help="Only this exercise or chapter (repeatable)."
)
@click.option("--ids", metavar="CSV", type=click.Path(path_type=Path), help="Who belongs to the class.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="report.html",
    show_default=True,
    help="Where to write.",
)
@click.option("--force", is_flag=True, help="Replace a file that is no report.")
@click.pass_obj
def command(
    course: str | None,
    db: str | None,
    run: int | None,
    targets: tuple[str, ...],
    ids: Path | None,
    out: Path,
    force: bool,
) -> None:
    """Write one HTML file to read in a browser, to print or to send; it loads nothing from anywhere.

    In a workspace: your progress, and for each exercise what is right, what is wrong, and why.

    Elsewhere, or with --db, for those who teach: how the class stands, which checks are too hard or tell
    nothing, which mistakes are made how often, and a section on every learner. Hidden checks are in it.

    \b
    Examples:
      dlex report
      dlex report --db dlex.db --out class.html
      dlex report --run 3 --exercise ch3 --ids list.csv
    """
    from dlex.report.html import refuse_to_replace
    from dlex.workspace import find_workspace

    refuse_to_replace(out.expanduser().resolve(), force=force)  # before the work, not after it
    workspace = find_workspace()
    if workspace is None or db or run or ids:
        _report_class(db, run, targets, ids, out, force)
    else:
        _report_learner(course, targets, out, force)


def _report_class(
    db: str | None, run: int | None, targets: tuple[str, ...], ids: Path | None, out: Path, force: bool
) -> None:
    from dlex.batch.roster import read_roster
    from dlex.report.class_page import class_page
    from dlex.report.html import write
    from dlex.results.choose import choose_exercises
    from dlex.results.store import Store

    members = read_roster(ids).learners if ids else None
    if db is None and not Path(DEFAULT_DATABASE).exists():
        raise UsageError(
            f"there is neither a workspace nor a {DEFAULT_DATABASE} here",
            "Learners: stand in your workspace. Instructors: name the grades with --db.",
        )
    with Store(db or DEFAULT_DATABASE, create=False) as store:
        exercises = choose_exercises(targets, store.exercises()) if targets else []
        source = f"Run {store.run(run).id}" if run else "The latest grade of each learner"
        pieces = class_page(store.records(run, exercises=exercises), source=source, members=members)
        written = write(out, pieces, force=force, private=True)
    click.echo(f"wrote {written}: hidden checks and grades are in it, so keep it among staff")


def _report_learner(course: str | None, targets: tuple[str, ...], out: Path, force: bool) -> None:
    from rich.console import Console

    from dlex.course import find_course
    from dlex.report.html import write
    from dlex.report.learner_page import learner_page
    from dlex.serve.checking import check
    from dlex.targets import find_sources
    from dlex.workspace import require_workspace
    from dlex.workspace.given import Given
    from dlex.workspace.history import History

    found, workspace = find_course(course), require_workspace()
    best, given = History(workspace).best(), Given(workspace)
    sources = find_sources(found, targets)
    waiting = [exercise for exercise, source in sources.items() if given.is_untouched(exercise, source)]
    for exercise in waiting:  # a minute of work, for what is known beforehand
        del sources[exercise]
    if not sources:
        raise UsageError(_("nothing is written yet"), _("Write an answer, then run: dlex report"))
    with Console(stderr=True).status(_("checking what you wrote")):
        result = check(found, sources)
        graded = {exercise.id for exercise in result.exercises if exercise.status == "graded"}
        pictures = _pictures({each: source for each, source in sources.items() if each.id in graded})
    written = write(out, learner_page(result, found, best, pictures, waiting), force=force)
    click.echo(_("wrote {file}: open it in a browser").format(file=written))
    if result.status == "not_graded":
        sys.exit(4)


def _pictures(sources: dict[Exercise, Source]) -> dict[str, str]:
    """For each exercise that has pictures an SVG of them, by id; none where there is no matplotlib."""
    from dlex.pictures import can_draw, svg

    if not sources or not can_draw():
        return {}
    from dlex.grading.pictures import drawn

    seen: dict[str, list[Picture]] = {}
    for picture in drawn(sources):
        seen.setdefault(picture.exercise, []).append(picture)
    return {id: svg(*pictures) for id, pictures in seen.items()}
