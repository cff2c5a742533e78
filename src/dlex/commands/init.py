"""`dlex init`."""

from pathlib import Path

import click

from dlex.course import Course, find_course
from dlex.errors import UsageError
from dlex.language import _, remember
from dlex.workspace.make import make_workspace


@click.command("init", short_help="Make a workspace of stubs to fill in.")
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("."), metavar="[DIR]"
)
@click.option("--chapter", multiple=True, metavar="CH", help="Only this chapter (may be repeated).")
@click.pass_obj
def command(course: str | None, folder: Path, chapter: tuple[str, ...]) -> None:
    """Make a workspace in DIR (here, if left out). Files that are there already are kept.

    \b
    Examples:
      dlex init my-answers
      dlex init my-answers --chapter ch3
      dlex init my-answers --lang zh
    """
    found = find_course(course)
    chapters = [_chapter(found, word) for word in chapter]
    made = make_workspace(folder, found, chapters)
    remember(folder)
    for path in made.written:
        click.echo(_("  new   {path}").format(path=path))
    for path in made.kept:
        click.echo(_("  kept  {path}").format(path=path))
    first = next(each for each in found.exercises if not chapters or each.chapter in chapters)
    click.echo()
    if folder != Path("."):
        click.echo(_("Go there: cd {folder}").format(folder=folder))
    click.echo(
        _("Next: open {id}.py, write {function}, run: dlex check {name}").format(
            id=first.id, function=first.functions[0], name=first.name
        )
    )


def _chapter(course: Course, word: str) -> str:
    """The id of the chapter that a word names. UsageError if it names an exercise, or nothing."""
    found = course.find(word)
    chapter = found[0].chapter
    if found != course.find(chapter):
        raise UsageError(
            _("{word} is an exercise, not a chapter").format(word=repr(word)),
            _("Try: --chapter {chapter}").format(chapter=chapter),
        )
    return chapter
