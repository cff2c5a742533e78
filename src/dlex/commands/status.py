"""`dlex status`."""

import click

from dlex.course import find_course
from dlex.workspace import Progress, find_workspace, require_workspace


@click.command("status", short_help="Show your progress.")
@click.pass_obj
def command(course: str | None) -> None:
    """Show your best result for each exercise, and what to do next.

    \b
    Example:
      dlex status
    """
    require_workspace()
    progress = Progress(find_workspace())
    found = find_course(course)
    width = max(len(exercise.id) for exercise in found.exercises)
    todo = None
    for chapter in found.chapters:
        click.secho(f"{chapter.id}  {chapter.title}", bold=True)
        for exercise in found.exercises:
            if exercise.chapter != chapter.id:
                continue
            best = progress.best(exercise.id)
            done = best is not None and best.score >= best.max_score
            todo = todo or (None if done else exercise)
            mark = "✓" if done else "·" if best is None else "✗"
            points = "not checked yet" if best is None else f"{best.score:g} of {best.max_score:g} points"
            click.echo(f"  {mark} {exercise.id:<{width}}  {points}")
    if todo is None:
        click.echo("\nAll done.")
    else:
        click.echo(f"\nNext: {todo.id}.py ({todo.title}); dlex show {todo.name}, dlex check {todo.name}")
