"""`dlex init`."""

from pathlib import Path

import click

from dlex.course import find_course
from dlex.language import remember
from dlex.workspace import make_workspace


@click.command("init", short_help="Make a workspace of stubs to fill in.")
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("."), metavar="[DIR]"
)
@click.option("--chapter", multiple=True, metavar="CH", help="Only this chapter (may be repeated).")
@click.pass_obj
def command(course: str | None, folder: Path, chapter: tuple[str, ...]) -> None:
    """Make a workspace in DIR (here, if left out). Files that are there already are kept.

    \b
    Examples:
      dlex init my-answers
      dlex init my-answers --chapter ch3
      dlex init my-answers --lang zh
    """
    found = find_course(course)
    wanted = [exercise for word in chapter for exercise in found.find(word)] or found.exercises
    made = make_workspace(folder, found, wanted)
    remember(folder)
    for path in made.written:
        click.echo(f"  new   {path}")
    for path in made.kept:
        click.echo(f"  kept  {path}")
    first = wanted[0]
    where = "" if folder == Path(".") else f"cd {folder}, "
    click.echo(f"\nNext: {where}open {first.id}.py, write {first.functions[0]}, run: dlex check {first.name}")
