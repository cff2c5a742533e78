"""`dlex show`."""

import re

import click

from dlex.course import find_course
from dlex.language import _


@click.command("show", short_help="Show what an exercise asks for.")
@click.argument("exercise")
@click.pass_obj
def command(course: str | None, exercise: str) -> None:
    """Show the statement of EXERCISE.

    \b
    Example:
      dlex show softmax
    """
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    for found in find_course(course).find(exercise):
        console.print(Markdown(_mathematics_as_code(found.statement())))
        console.print(
            "\n"
            + _("Write your answer in {id}.py, then run: dlex check {name}").format(
                id=found.id, name=found.name
            ),
            highlight=False,
        )


def _mathematics_as_code(statement: str) -> str:
    """LaTeX kept as it is written: a terminal cannot set it, and Markdown would eat its underscores."""
    blocks = re.sub(r"\$\$(.+?)\$\$", r"\n```latex\n\1\n```\n", statement, flags=re.DOTALL)
    return re.sub(r"\$([^$\n]+)\$", r"`\1`", blocks)
