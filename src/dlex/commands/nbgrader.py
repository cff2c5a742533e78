"""`dlex nbgrader`."""

from __future__ import annotations

from pathlib import Path

import click

from dlex.course import Course, Exercise, find_course
from dlex.errors import UsageError


@click.group("nbgrader", short_help="Instructors: nbgrader courses graded by dlex.")
def command() -> None:
    """Make nbgrader courses that autograde through dlex.

    \b
    Examples:
      dlex nbgrader init deep-learning
      cd deep-learning
      dlex nbgrader build ch3
    """


@command.command("init", short_help="Make an nbgrader course.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--id", "course_id", default="", metavar="NAME", help="nbgrader's course id; DIR if left out.")
@click.pass_obj
def init(course: str | None, folder: Path, course_id: str) -> None:
    """Write an nbgrader course into DIR: configuration, list of learners, first steps.

    \b
    Example:
      dlex nbgrader init deep-learning
    """
    from dlex.notebooks.folder import make_course
    from dlex.notebooks.needs import require_nbgrader

    require_nbgrader()
    for path in make_course(folder, find_course(course), course_id):
        click.echo(f"  new   {path}")
    where = "" if folder == Path(".") else f"cd {folder}, "
    click.echo(f"\nNext: {where}run: dlex nbgrader build ch3")


@command.command("build", short_help="Write the source notebook of a chapter.")
@click.argument("target", metavar="CHAPTER")
@click.option("--exercises", metavar="A,B", default="", help="Only these of the chapter.")
@click.option("--name", metavar="NAME", default="", help="The assignment's name; CHAPTER if left out.")
@click.option(
    "--folder", metavar="DIR", type=click.Path(path_type=Path), default=Path("."), help="The nbgrader course."
)
@click.pass_obj
def build(course: str | None, target: str, exercises: str, name: str, folder: Path) -> None:
    """Write source/CHAPTER/CHAPTER.ipynb: statements, cells for answers, and locked cells that test them.

    Cells of your own are kept if the notebook is there already. No check is in it: after a grader was
    changed, released notebooks stay as they are, and submissions are graded again with --force.

    \b
    Examples:
      dlex nbgrader build ch3
      dlex nbgrader build ch3 --exercises softmax
    """
    from dlex.notebooks.needs import require_nbgrader

    require_nbgrader()
    from dlex.notebooks.build import build
    from dlex.notebooks.settings import read_settings

    settings = read_settings(folder)
    found = find_course(course) if course else settings.read_course()
    chosen = _chosen(found, target, exercises)
    name = name or _assignment(chosen[0], target)
    path = build(folder, name, _title(found, chosen), chosen)
    for exercise in chosen:
        click.echo(f"  {exercise.id}  {exercise.title}")
    click.echo(f"\nwrote {path}\nNext: nbgrader generate_assignment {name}")


def _chosen(course: Course, target: str, only: str) -> list[Exercise]:
    """The exercises that `target` names; with `only` those of them."""
    found = course.find(target)
    named = [exercise for word in only.split(",") if word.strip() for exercise in course.find(word)]
    for exercise in named:
        if exercise not in found:
            raise UsageError(
                f"{exercise.id} is not in {target}",
                f"An assignment of two chapters takes a command for each, with one name: "
                f"dlex nbgrader build {exercise.id} --name NAME",
            )
    return [exercise for exercise in found if not named or exercise in named]


def _assignment(exercise: Exercise, target: str) -> str:
    """`ch3` for a chapter, however it was written; `softmax` for an exercise."""
    short = target.strip("/").rpartition("/")[2]
    return exercise.name if short == exercise.name else f"ch{int(exercise.chapter[2:])}"


def _title(course: Course, exercises: list[Exercise]) -> str:
    """The title of a chapter, or of an exercise by itself."""
    if len(exercises) == 1:
        return exercises[0].title
    return next(chapter.title for chapter in course.chapters if chapter.id == exercises[0].chapter)
