"""`dlex sync`."""

import click

from dlex.authoring import stale_stubs, sync
from dlex.course import find_course
from dlex.errors import CourseError


@click.command("sync", short_help="Authors: make stubs from solutions.")
@click.option("--check", is_flag=True, help="Write nothing; fail if a stub is out of date.")
@click.pass_obj
def command(course: str | None, check: bool) -> None:
    """Write exercises/ from solutions/: each solution minus its answer.

    \b
    Examples:
      dlex sync
      dlex sync --check     # exit code 3 if a stub is out of date
    """
    found = find_course(course)
    if check and (stale := stale_stubs(found)):
        names = "\n".join(f"  exercises/{exercise.id}.py" for exercise, _text in stale)
        raise CourseError(f"out of date:\n{names}", "Run: dlex sync")
    for exercise in sync(found):
        click.echo(f"wrote exercises/{exercise.id}.py")
    click.echo("all stubs are up to date")
