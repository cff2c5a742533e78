"""`dlex new`: the boilerplate of an exercise."""

from __future__ import annotations

import click


@click.command("new")
@click.argument("id", metavar="ID")
@click.option("--title", default="", help="The name in words; made from the ID if left out.")
@click.pass_context
def command(context, id: str, title: str) -> None:
    """Start an exercise: four files that work, to be changed, and an entry in course.toml.

    ID is chapter and name.

    \b
    Examples:
      dlex new ch06/my_exercise
      dlex new ch06/my_exercise --title "My exercise"
    """
    from dlex.authoring import new_exercise
    from dlex.course import find_course

    course = find_course(context.obj)
    for path in new_exercise(course, id, title):
        click.echo(f"wrote {path}")
    click.echo(f"Change them, then see what `dlex audit {id}` says.")
