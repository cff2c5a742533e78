"""`dlex status`."""

from __future__ import annotations

import click

from dlex.course import Course, Exercise, find_course
from dlex.language import _, ngettext
from dlex.order import made_ready, next_exercise, waits_for
from dlex.workspace import require_workspace

NAMED = 2
MARKS = {"done": "✓", "begun": "✗", "ready": "○", "waits": "·"}


@click.command("status", short_help="Show your progress.")
@click.pass_obj
def command(course: str | None) -> None:
    """Show your best result for each exercise, what comes after what, and what to do next.

    Nothing is locked: what comes after other exercises is easier after them.

    \b
    Example:
      dlex status
    """
    from dlex.workspace.history import History

    best = History(require_workspace()).best()
    found = find_course(course)
    done = {id for id, result in best.items() if result.done}
    for chapter in found.chapters:
        click.secho(f"{chapter.id}  {chapter.title}", bold=True)
        for exercise in found.find(chapter.id):
            click.echo(_line(found, exercise, best, done))
    click.echo()
    click.echo(_total(found, best, done))
    click.echo(_what_next(found, done))


def _line(course: Course, exercise: Exercise, best: dict, done: set[str]) -> str:
    """An exercise with its points, or with what it comes after."""
    width = max(len(each.id) for each in course.exercises)
    result, before = best.get(exercise.id), waits_for(exercise, done)
    if result is not None:
        state = "done" if result.done else "begun"
        told = ngettext(
            "{score:g} of {most:g} points, 1 attempt",
            "{score:g} of {most:g} points, {n} attempts",
            result.attempts,
        ).format(score=result.score, most=result.max_score, n=result.attempts)
    elif before:
        state, told = "waits", _("after {names}").format(names=_names(before))
    else:
        state, told = "ready", _("ready")
    return f"  {MARKS[state]} {exercise.id:<{width}}  {told}"


def _total(course: Course, best: dict, done: set[str]) -> str:
    ids = [exercise.id for exercise in course.exercises]
    score = sum(result.score for id, result in best.items() if id in ids)
    return _("{done} of {all} exercises done, {score:g} points").format(
        done=len(done.intersection(ids)), all=len(ids), score=score
    )


def _what_next(course: Course, done: set[str]) -> str:
    """The next exercise, with the commands for it, and what it makes ready."""
    following = next_exercise(course, done)
    if following is None:
        return _("All done.")
    told = _("Next: {id}.py ({title})\n      dlex show {name}, dlex check {name}").format(
        id=following.id, title=following.title, name=following.name
    )
    after = made_ready(course, following, done)
    return (
        told + "\n" + _("Then: {names}").format(names=_(", ").join(each.name for each in after))
        if after
        else told
    )


def _names(exercises: list[Exercise]) -> str:
    """Their names, as many as fit on a line."""
    names, more = _(", ").join(each.name for each in exercises[:NAMED]), len(exercises) - NAMED
    if more <= 0:
        return names
    return ngettext("{names} and 1 more", "{names} and {n} more", more).format(names=names, n=more)
