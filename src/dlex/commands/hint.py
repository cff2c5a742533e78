"""`dlex hint`."""

import click

from dlex.course import find_course
from dlex.errors import UsageError
from dlex.hints import Hint, hints_for, next_hint
from dlex.language import _
from dlex.report.fold import fold
from dlex.results.text import plain
from dlex.workspace import find_workspace

INDENT = " " * len("1/3  ")


@click.command("hint", short_help="Show the next hint.")
@click.argument("exercise")
@click.option("--again", is_flag=True, help="Show the hints that you have seen, and no new one.")
@click.pass_obj
def command(course: str | None, exercise: str, again: bool) -> None:
    """Show the next hint for EXERCISE: for what failed last, then a question, the idea, the formula.

    \b
    Examples:
      dlex hint softmax
      dlex hint softmax --again
    """
    from dlex.workspace.history import History

    found = find_course(course).find(exercise)
    if len(found) > 1:
        raise UsageError(
            _("{name} is a chapter; hints belong to one exercise").format(name=repr(exercise)),
            _("Try: dlex hint {name}").format(name=found[0].name),
        )
    (wanted,) = found
    history = History(find_workspace())
    hints = hints_for(wanted.hints, history.latest(wanted.id))
    seen = {shown.step for shown in history.hints(wanted.id)}
    if not again and (new := next_hint(hints, seen)):
        history.record_hint(wanted.id, new.step)
        seen.add(new.step)
    _show(wanted.id, hints, seen, len(wanted.hints))


def _show(id: str, hints: list[Hint], seen: set[str], steps: int) -> None:
    """The hints that were seen, those for the latest attempt under what they are about."""
    if not hints:
        click.echo(_("There are no hints for {id}.").format(id=id))
        return
    shown = [hint for hint in hints if hint.step in seen]
    for hint in shown:
        text = plain(hint.text)
        if hint.about:
            about = plain(hint.about)
            click.echo(fold(_('For "{about}":  {text}').format(about=about, text=text), INDENT))
        else:
            click.echo(fold(f"{hint.step}/{steps}  {text}", INDENT))
    if not shown:
        click.echo(_("You have seen no hint yet."))
    elif len(shown) == len(hints):
        click.echo(_("That was the last one."))
