"""`dlex check`."""

import sys

import click

from dlex.course import find_course
from dlex.language import _
from dlex.serve.checking import check, submission_of
from dlex.targets import find_sources
from dlex.workspace import find_workspace


@click.command("check", short_help="Check what you wrote.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--seed", type=click.IntRange(0), default=0, help="Draw other examples (0, if left out).")
@click.option(
    "--isolation", type=click.IntRange(0, 2), help="Isolation level; the best there is, if left out."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1 … or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop at the first check that fails.")
@click.pass_obj
def command(
    course,
    targets: tuple[str, ...],
    seed: int,
    isolation: int | None,
    device: str,
    as_json: bool,
    exitfirst: bool,
):
    """Check your answers to TARGETs: chapters, exercises or files; everything, if left out.

    Says for each failing check what was called with which smallest input, what came back, what was
    expected, and, where it is certain, the name of the mistake.

    Exit code 0 if every check passed, 1 if not, 4 if the machine failed.

    \b
    Examples:
      dlex check softmax
      dlex check ch3
      dlex check ch03/softmax.py --json
    """
    found = find_course(course)
    sources = find_sources(found, targets)
    result = check(
        found,
        sources,
        seed=seed,
        isolation=isolation,
        device=device,
        stop_at_failure=exitfirst,
    )

    from dlex.workspace.history import remember

    files = submission_of(sources).sources
    problem = remember(find_workspace(), result, files, partial=exitfirst)
    if as_json:
        from dlex.results.records import to_json

        click.echo(to_json(result))
    else:
        from dlex.report.terminal import print_result

        print_result(result, found)
    if problem:
        click.echo(_("This check is not in your history: {problem}").format(problem=problem), err=True)
    if result.status == "not_graded":
        sys.exit(4)
    sys.exit(0 if result.perfect else 1)
