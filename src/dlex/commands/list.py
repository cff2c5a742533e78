"""`dlex list`."""

import click

from dlex.course import find_course


@click.command("list", short_help="List chapters and exercises.")
@click.pass_obj
def command(course: str | None) -> None:
    """List chapters and exercises, in the order of the book.

    \b
    Example:
      dlex list
    """
    found = find_course(course)
    width = max(len(exercise.id) for exercise in found.exercises)
    for chapter in found.chapters:
        click.secho(f"{chapter.id}  {chapter.title}", bold=True)
        for exercise in found.find(chapter.id):
            click.echo(f"  {exercise.id:<{width}}  {exercise.title}")
