"""`dlex audit`: the course's own test suite."""

from __future__ import annotations

import click

EPILOG = "Exit code 3 if anything has to be put right."


@click.command("audit", epilog=EPILOG)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True, help="Draws of examples.")
@click.option("--jobs", type=click.IntRange(1), help="Processes to use; one per processor if left out.")
@click.option("--isolation", type=click.IntRange(0, 2), help="Isolation level; the best one if left out.")
@click.option("--mistakes/--no-mistakes", default=True, help="See that every known mistake is told.")
@click.option("--mutants/--no-mutants", default=True, help="Change the solution, see what the grader says.")
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="List the mutants that count as equivalent, too.")
@click.pass_context
def command(context, targets, seeds, jobs, isolation, mistakes, mutants, as_json, verbose) -> None:
    """Are the graders any good? Stubs, solutions, variants, mistakes and mutants of each exercise.

    TARGET is a chapter, an exercise or nothing, which means all.

    \b
    Examples:
      dlex audit softmax
      dlex audit ch3 --no-mutants --seeds 1
    """
    from rich.console import Console

    from dlex.audit import Depth, audit, to_json
    from dlex.audit.progress import shown
    from dlex.audit.table import show
    from dlex.course import find_course

    course = find_course(context.obj)
    wanted = [exercise for target in targets for exercise in course.find(target)] or course.exercises
    exercises = list({exercise.id: exercise for exercise in wanted}.values())
    depth = Depth(mistakes, mutants)
    with shown() as progress:
        result = audit(
            course,
            exercises,
            seeds=range(seeds),
            jobs=jobs,
            isolation=isolation,
            depth=depth,
            progress=progress,
        )
    if as_json:
        click.echo(to_json(result))
    else:
        console = Console()
        show(result, console if console.is_terminal else Console(width=120), verbose=verbose)
    if not result.clean:
        context.exit(3)
