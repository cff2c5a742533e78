"""`dlex hint`."""

import click

from dlex.course import find_course
from dlex.errors import UsageError
from dlex.workspace import Progress, find_workspace


@click.command("hint", short_help="Show the next hint.")
@click.argument("exercise")
@click.option("--again", is_flag=True, help="Show the hints that you have seen, and no new one.")
@click.pass_obj
def command(course: str | None, exercise: str, again: bool) -> None:
    """Show the next hint for EXERCISE: first a question, then the idea, then the formula.

    \b
    Examples:
      dlex hint softmax
      dlex hint softmax --again
    """
    found = find_course(course).find(exercise)
    if len(found) > 1:
        raise UsageError(
            f"{exercise!r} is a chapter; hints belong to one exercise", f"Try: dlex hint {found[0].name}"
        )
    hints = found[0].hints
    if not hints:
        click.echo(f"There are no hints for {found[0].id}.")
        return
    progress = Progress(find_workspace())
    seen = progress.hints_seen(found[0].id)
    if not again:
        seen = min(seen + 1, len(hints))
        progress.record_hints(found[0].id, seen)
    for number, hint in enumerate(hints[:seen], 1):
        click.echo(f"{number}/{len(hints)}  {hint}")
    if seen == len(hints):
        click.echo("That was the last one.")
