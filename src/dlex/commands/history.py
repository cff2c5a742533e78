"""`dlex history`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dlex.course import Exercise, find_course
from dlex.errors import UsageError
from dlex.language import _, ngettext
from dlex.workspace import require_workspace

if TYPE_CHECKING:
    from dlex.workspace.history import Attempt, History

NEWEST = 20


@click.command("history", short_help="Show your attempts, and what you wrote then.")
@click.argument("exercise", required=False)
@click.option(
    "--diff", type=click.IntRange(1), metavar="N", help="What changed in your file since attempt N."
)
@click.option("--show", type=click.IntRange(1), metavar="N", help="Print your file as it was at attempt N.")
@click.option("--all", "whole", is_flag=True, help="All attempts, not the newest 20 alone.")
@click.pass_obj
def command(
    course: str | None, exercise: str | None, diff: int | None, show: int | None, whole: bool
) -> None:
    """Show your attempts at EXERCISE: points, which checks began or ceased to pass, mistakes by name.

    Without EXERCISE, the attempts at everything.

    \b
    Examples:
      dlex history
      dlex history softmax
      dlex history softmax --diff 3
      dlex history softmax --show 3 > ch03/softmax.py
    """
    from dlex.workspace.history import History

    history = History(require_workspace())
    if exercise is None:
        if diff or show:
            raise UsageError(_("--diff and --show need an exercise"), _("Try: dlex history softmax --show 1"))
        _everything(history, whole)
        return
    wanted = _exercise(course, exercise)
    if show:
        _print(_text(history, wanted, show))
    elif diff:
        _difference(history, wanted, diff)
    else:
        _attempts(history, wanted, whole)


def _exercise(course: str | None, word: str) -> Exercise:
    found = find_course(course).find(word)
    if len(found) > 1:
        raise UsageError(
            _("{name} is a chapter; attempts belong to one exercise").format(name=repr(word)),
            _("Try: dlex history {name}").format(name=found[0].name),
        )
    return found[0]


def _everything(history: History, whole: bool) -> None:
    from rich.console import Console

    from dlex.report.attempts import print_attempts

    attempts = history.attempts()
    if not attempts:
        click.echo(_("No attempts yet."))
        return
    shown = attempts if whole else attempts[-NEWEST:]
    print_attempts(Console(highlight=False), shown)
    _tell_left_out(len(attempts) - len(shown))


def _attempts(history: History, exercise: Exercise, whole: bool) -> None:
    from rich.console import Console

    from dlex.report.attempts import print_steps
    from dlex.workspace.changes import steps

    found = steps(history.attempts(exercise.id))
    if not found:
        click.echo(_("No attempts at {id} yet. Make one: dlex check {name}").format(
            id=exercise.id, name=exercise.name
        ))  # fmt: skip
        return
    shown = found if whole else found[-NEWEST:]
    print_steps(Console(highlight=False), shown)
    _tell_left_out(len(found) - len(shown))
    if hints := len(history.hints(exercise.id)):
        click.echo(ngettext("1 hint was shown.", "{n} hints were shown.", hints).format(n=hints))


def _tell_left_out(count: int) -> None:
    if count:
        click.echo(ngettext("1 older attempt: --all", "{n} older attempts: --all", count).format(n=count))


def _attempt(history: History, exercise: Exercise, number: int) -> Attempt:
    attempts = history.attempts(exercise.id)
    found = next((attempt for attempt in attempts if attempt.number == number), None)
    if found is None:
        raise UsageError(
            _("there is no attempt {number} at {id}").format(number=number, id=exercise.id),
            _("See which there are: dlex history {name}").format(name=exercise.name),
        )
    return found


def _text(history: History, exercise: Exercise, number: int) -> bytes:
    text = history.text(_attempt(history, exercise, number))
    if text is None:
        raise UsageError(
            _("of attempt {number} at {id} only the points were kept").format(number=number, id=exercise.id)
        )
    return text


def _print(text: bytes) -> None:
    """A file: to a terminal harmlessly, anywhere else byte for byte."""
    from dlex.results.text import plain

    if sys.stdout.isatty():
        click.echo(plain(text.decode("utf-8", "replace"), len(text) + 1), nl=False)
    else:
        click.echo(text, nl=False)


def _difference(history: History, exercise: Exercise, number: int) -> None:
    from dlex.report.attempts import difference
    from dlex.submission import find_source

    then = _text(history, exercise, number)
    now = find_source(exercise, require_workspace())
    if now.content is None:
        raise UsageError(now.problem, _("To have it back, run: dlex history {name} --show {number}").format(
            name=exercise.name, number=number
        ))  # fmt: skip
    if now.content == then:
        click.echo(_("{id}.py is as it was at attempt {number}").format(id=exercise.id, number=number))
        return
    told = difference(then, now.content, number, f"{exercise.id}.py")
    click.echo(told or _("only what cannot be shown is different: line ends, for example"), nl=not told)
