"""`dlex release`."""

from pathlib import Path

import click

from dlex.course import Course, find_course
from dlex.errors import UsageError


@click.command("release", short_help="Authors: write the learners' edition.")
@click.argument("folder", type=click.Path(path_type=Path), required=False, metavar="[DIR]")
@click.option(
    "--gradescope",
    "bundle",
    type=click.Path(path_type=Path),
    metavar="ZIP",
    help="Write a Gradescope autograder, hidden checks included.",
)
@click.option("--exercise", "targets", multiple=True, metavar="ID", help="Gradescope: grade only this.")
@click.option("--force", is_flag=True, help="Replace an earlier edition or autograder.")
@click.pass_obj
def command(course: str | None, folder: Path | None, bundle: Path | None, targets, force: bool) -> None:
    """Write the learners' edition into DIR: stubs, visible checks, hints, references with mistakes;
    no solutions, no hidden checks. DIR is a course: dlex --course DIR check softmax

    \b
    Examples:
      dlex release public
      dlex release --gradescope autograder.zip --exercise ch03
    """
    if folder is None and bundle is None:
        raise UsageError("nothing to write", "Try: dlex release DIR, or dlex release --gradescope ZIP")
    if targets and bundle is None:
        raise UsageError("--exercise is for --gradescope", "A learners' edition holds the whole course.")
    found = find_course(course)
    if folder is not None:
        _release(found, folder, force)
    if bundle is not None:
        _bundle(found, bundle, targets, force)


def _release(course: Course, folder: Path, force: bool) -> None:
    from dlex.release.edition import release

    released = release(course, folder, force=force)
    for id, hidden in released.hidden.items():
        click.echo(f"  {id}" + (f"  without {hidden} hidden check{'s' * (hidden > 1)}" if hidden else ""))
    click.echo(f"\nwrote {released.folder}\nTry it: dlex --course {folder} list")


def _bundle(course: Course, path: Path, targets: tuple[str, ...], force: bool) -> None:
    from dlex.release.gradescope import bundle

    wanted = [exercise for target in targets for exercise in course.find(target)]
    written = bundle(course, path, wanted, force=force)
    click.echo(f"wrote {written}: hidden checks are in it, so give it to Gradescope and nobody else")
    click.echo("Next: upload it under Configure Autograder, then test it with a solution.")
