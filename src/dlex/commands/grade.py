"""`dlex grade`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dlex.course import Course, Exercise, find_course
from dlex.errors import MachineError
from dlex.results import DEFAULT_DATABASE

SEEDS = 1 << 48
LOST_SHOWN = 20


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.command("grade", short_help="Instructors: grade submissions.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "--from", "root", metavar="DIR", type=click.Path(path_type=Path), help="Grade every entry of a folder."
)
@click.option(
    "--exercise", "targets", multiple=True, metavar="ID", help="Only this exercise or chapter (repeatable)."
)
@click.option("--ids", metavar="CSV", type=click.Path(path_type=Path), help="Who handed in what.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Where formats are written.")
@click.option("--format", "formats", metavar="NAMES", default="", help="jsonl,csv,junit,… (needs --out).")
@click.option("--db", metavar="URL", default=DEFAULT_DATABASE, show_default=True, help="A file or a URL.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions at a time; one per processor if left out.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped; grade nothing twice.")
@click.option("--seed", type=click.IntRange(0, SEEDS), help="Draws the examples; a secret one if left out.")
@click.option("--isolation", type=click.IntRange(0, 2), help="Isolation level; the best one if left out.")
@click.option("--cluster", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://host:8786, or local.")
@click.pass_obj
def command(course, paths, root, targets, ids, out, formats, db, jobs, resume, seed, isolation, cluster):
    """Grade submissions: folders, .py files, notebooks, .zip and .tar.gz archives.

    Each PATH is one submission; with --from, each entry of a folder is one. Grades go to a database,
    each as soon as it is made. A run that was interrupted goes on with --resume.

    Exit code 0 if everything was graded, whatever the grades; 1 if some submission could not be, which
    is listed with its reason and never counted as zero.

    \b
    Examples:
      dlex grade --from submissions/ --format csv,jsonl --out results/
      dlex grade ada.zip grace/ --exercise ch3
      dlex grade --from submissions/ --resume
    """
    found = find_course(course)
    exercises = _chosen(found, targets)
    names = _formats(formats, out)
    console, entries = _console(), _entries(paths, root, ids)

    from dlex.batch.intake import read_all
    from dlex.batch.progress import shown
    from dlex.batch.run import Batch
    from dlex.results.store import Store

    with Store(db) as store:
        conditions, run = _conditions(store, found, exercises, seed, resume)
        with _backend(found, exercises, conditions.seed, isolation, jobs, cluster) as backend:
            if backend.isolation == 0 and isolation is None:
                raise MachineError(
                    "this machine offers isolation level 0 only: submissions could read the tests",
                    "`dlex doctor` says what is missing; --isolation 0 grades all the same.",
                )
            run = run or store.begin_run(conditions, course=found.name, isolation=backend.isolation)
            with shown(len(entries), console) as tell:
                batch = Batch(found, store, run, resume, lambda name, result: tell())
                batch.grade(_counting_kept(batch, read_all(entries, found, exercises), tell), backend)
        _report(store, batch, console, db, names, out)
    sys.exit(1 if batch.lost else 0)


def _chosen(course: Course, targets: tuple[str, ...]) -> list[Exercise]:
    """The exercises to grade, in course order."""
    wanted = {exercise for target in targets for exercise in course.find(target)}
    return [exercise for exercise in course.exercises if not wanted or exercise in wanted]
