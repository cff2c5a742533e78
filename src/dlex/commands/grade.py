"""`dlex grade`."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dlex.course import Course, Exercise, find_course
from dlex.devices import elsewhere, resolve
from dlex.errors import MachineError, UsageError
from dlex.results import DEFAULT_DATABASE

if TYPE_CHECKING:
    from rich.console import Console

    from dlex.batch.intake import HandIn, HandIns
    from dlex.batch.run import Backend, Batch
    from dlex.results.store import Store

SEEDS = 1 << 48
LINES_SHOWN = 20


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
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1 … or auto.")
@click.option(
    "--nbgrader", "gradebook", metavar="DIR", type=click.Path(path_type=Path), help="Write to its gradebook."
)
@click.option("--cluster", metavar="ADDRESS", help="Grade on a Dask cluster: tcp://host:8786, or local.")
@click.pass_obj
def command(
    course,
    paths,
    root,
    targets,
    ids,
    out,
    formats,
    db,
    jobs,
    resume,
    seed,
    isolation,
    device,
    gradebook,
    cluster,
):
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
    from rich.console import Console

    from dlex.batch.progress import shown
    from dlex.batch.run import Batch
    from dlex.results.store import Store

    found = find_course(course)
    exercises, names = _chosen(found, targets), _formats(formats, out)
    device = elsewhere(device) if cluster else resolve(device)
    _require_gradebook(gradebook)
    lists, console = _hand_ins(paths, root, ids), Console(stderr=True)
    with Store(db) as store:
        conditions, run = _conditions(store, found, exercises, seed, resume, device.split(":")[0])
        with ExitStack() as stack:
            with console.status("collecting graders, drawing examples"):
                cold = _backend(found, exercises, conditions.seed, isolation, jobs, cluster, device)
                backend = stack.enter_context(cold)
            _refuse_level_0(backend.isolation, isolation)
            run = run or store.begin_run(conditions, course=found.name, isolation=backend.isolation)
            with shown(len(lists.found), console) as tell:
                batch = Batch(found, exercises, store, run, resume, tell)
                _go(batch, lists.found, backend)
        _report(store, batch, lists, console)
        _export(store, run, names, out, console)
        _push(store, run, gradebook, console)
    sys.exit(1 if batch.lost else 0)


def _backend(course: Course, exercises: list[Exercise], seed: int, isolation, jobs, cluster, device: str):
    if cluster:
        from dlex.batch.cluster import Cluster

        return Cluster(
            course, exercises, seed=seed, isolation=isolation, jobs=jobs, address=cluster, device=device
        )
    from dlex.batch.pool import Pool

    jobs = jobs or (_processors() if device == "cpu" else 1)  # a GPU for each submission
    return Pool(course, exercises, seed=seed, isolation=isolation, jobs=jobs, device=device)


def _refuse_level_0(level: int, asked: int | None) -> None:
    if level == 0 and asked is None:
        raise MachineError(
            "this machine offers isolation level 0 only: submissions could read the tests",
            "`dlex doctor` says what is missing; --isolation 0 grades all the same.",
        )


def _go(batch: Batch, found: list[HandIn], backend: Backend) -> None:
    try:
        batch.grade(found, backend)
    except KeyboardInterrupt:
        done = batch.graded + batch.kept
        click.echo(f"\nstopped: {done:,} grades are kept; --resume goes on from there", err=True)
        sys.exit(130)


def _chosen(course: Course, targets: tuple[str, ...]) -> list[Exercise]:
    """The exercises to grade, in course order."""
    wanted = {exercise for target in targets for exercise in course.find(target)}
    return [exercise for exercise in course.exercises if not wanted or exercise in wanted]


def _formats(names: str, out: Path | None) -> list[str]:
    """The names of formats, known and with a place to go, before anything is graded."""
    from dlex.results.formats import find

    chosen = [name.strip() for name in names.split(",") if name.strip()]
    for name in chosen:
        find(name)
    if chosen and out is None:
        raise UsageError(f"--format {names} needs a folder to write to", "Add --out DIR.")
    if out is not None and not chosen:
        raise UsageError(f"--out {out} needs to know what to write", "Add --format csv, for example.")
    return chosen


def _hand_ins(paths: tuple[Path, ...], root: Path | None, ids: Path | None) -> HandIns:
    from dlex.batch.intake import hand_ins
    from dlex.batch.roster import read_roster

    return hand_ins(paths, root, read_roster(ids) if ids else None)


def _conditions(
    store: Store, course: Course, exercises: list[Exercise], seed: int | None, resume: bool, device: str
):
    """What the grades depend on, and the run to go on with, None if it is a new one.

    To resume is to take the seed of the last run alike; if that was stopped, the run itself goes on.
    """
    from dlex.results.queries import Conditions

    targets = tuple(exercise.id for exercise in exercises)
    last = store.last_run(course.hash, targets, device) if resume else None
    if last is not None and seed in (None, last.conditions.seed):
        return last.conditions, None if last.finished else last.id
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    return Conditions(course.hash, seed, targets, device), None


def _report(store: Store, batch: Batch, lists: HandIns, console: Console) -> None:
    """What became of the batch, and which grades a changed course changed."""
    from rich.text import Text

    from dlex.results.regrade import compare_run
    from dlex.results.tables import print_changes

    kept = f", {batch.kept:,} graded before" if batch.kept else ""
    console.print(f"{batch.graded:,} graded{kept}, {len(batch.lost):,} not graded; run {batch.run}")
    shown = [(name, f"not graded: {reason}") for name, reason in batch.lost]
    shown += [(name, "handed in nothing") for name in lists.missing]
    shown += [(name, "is not on the list of learners") for name in lists.unknown]
    for name, reason in shown[:LINES_SHOWN]:
        console.print(Text(f"  {name}: {reason}"), soft_wrap=True)
    if len(shown) > LINES_SHOWN:
        console.print(f"  … and {len(shown) - LINES_SHOWN:,} more")
    changes = [entry for entry in compare_run(store, batch.run) if entry[1] is not None]
    if changes:
        print_changes(changes, console, run=batch.run)


def _export(store: Store, run: int, formats: list[str], out: Path | None, console: Console) -> None:
    from dlex.results.formats import github, write

    if not formats:
        return
    for path in write(formats, lambda: (stored.result for stored in store.records(run)), out):
        console.print(str(path), highlight=False, markup=False, soft_wrap=True)
    if "github" in formats:
        github.publish(out, echo=click.echo)


def _require_gradebook(folder: Path | None) -> None:
    """Before anything is graded: nbgrader, and a course of its."""
    if folder is not None:
        from dlex.notebooks.needs import require_nbgrader

        require_nbgrader()
        from dlex.notebooks.settings import read_settings

        read_settings(folder)


def _push(store: Store, run: int, folder: Path | None, console: Console) -> None:
    if folder is not None:
        from dlex.notebooks.push import push

        count = push((stored.result for stored in store.records(run)), folder)
        console.print(f"wrote {count:,} learners to the gradebook of {folder}", markup=False, soft_wrap=True)
