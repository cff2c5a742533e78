"""`dlex update`."""

import sys
from pathlib import Path

import click

from dlex.course import Course, find_course
from dlex.language import _, ngettext
from dlex.workspace import require_workspace


@click.command("update", short_help="Get new and changed stubs; what you wrote stays.")
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("."), metavar="[DIR]"
)
@click.option("--restore", multiple=True, metavar="ID", help="Bring back what you deleted (repeatable).")
@click.pass_obj
def command(course: str | None, folder: Path, restore: tuple[str, ...]) -> None:
    """Bring the workspace in DIR (or here) up to date with the course. What you wrote stays.

    A stub that you did not touch is replaced. Where you and the course changed different lines, both
    changes are kept. Where you changed the same lines, your file stays as it is, and the new stub is
    put beside it. What you deleted stays deleted.

    Exit code 0 if all is up to date, 1 if a file needs you.

    \b
    Examples:
      dlex update
      dlex update my-answers --restore softmax
    """
    from dlex.workspace.update import NEED_YOU, update_workspace

    workspace = require_workspace(folder)
    found = find_course(course)
    wanted = {exercise.id for word in restore for exercise in found.find(word)}
    changes = update_workspace(workspace, found, wanted)
    told = [change for change in changes if change.state != "same"]
    for change in told:
        click.echo(_told(found, change))
    same = len(changes) - len(told)
    click.echo(ngettext("{n} file is up to date", "{n} files are up to date", same).format(n=same))
    sys.exit(1 if any(change.state in NEED_YOU for change in changes) else 0)


def _told(course: Course, change) -> str:
    """A line or two about one file."""
    texts = {
        "new": _("  new       {name}"),
        "restored": _("  back      {name}"),
        "replaced": _("  replaced  {name}"),
        "merged": _("  merged    {name}\n            as it was before: {detail}"),
        "conflict": _(
            "  conflict  {name} stays as it is\n"
            "            You and the course changed the same lines. Take what you want from\n"
            "            {detail}, then delete that."
        ),
        "unknown": _(
            "  differs   {name} stays as it is\n"
            "            Nobody knows which stub it was made from. Take what you want from\n"
            "            {detail}, then delete that."
        ),
        "waiting": _(
            "  waiting   {detail}\n            Take what you want from it into {name}, then delete it."
        ),
        "deleted": _("  deleted   {name}\n            To have it back: dlex update --restore {id}"),
        "strange": _("  left      {name}: {detail}"),
        "gone": _("  gone      {name} is no longer in the course; yours stays"),
    }
    id = change.name.removesuffix(".py")
    return texts[change.state].format(name=change.name, detail=change.detail, id=id)
