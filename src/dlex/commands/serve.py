"""`dlex serve`."""

from __future__ import annotations

import click

from dlex.course import Course, find_course
from dlex.devices import resolve
from dlex.errors import UsageError
from dlex.language import _, ngettext
from dlex.results.text import plain
from dlex.serve import client, place
from dlex.serve.messages import BROKEN, State
from dlex.serve.start import Process
from dlex.serve.terms import terms

MINUTE = 60.0


@click.command("serve", short_help="Keep dlex warm, so that checks answer at once.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--warm", "action", flag_value="warm", help="Start a warm server in the background.")
@click.option("--status", "action", flag_value="status", help="Show your warm servers.")
@click.option("--stop", "action", flag_value="stop", help="End them all.")
@click.option(
    "--idle",
    type=click.FloatRange(0, min_open=True),
    default=15.0,
    show_default=True,
    metavar="MINUTES",
    help="End after so long without a check.",
)
@click.option(
    "--isolation", type=click.IntRange(0, 2), help="Isolation level; the best there is, if left out."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1 … or auto.")
@click.pass_obj
def command(
    course: str | None,
    targets: tuple[str, ...],
    action: str | None,
    idle: float,
    isolation: int | None,
    device: str,
) -> None:
    """Keep a warm server, which `dlex check` asks by itself: it answers at once instead of after seconds.

    Only you can reach it, and it ends by itself. It collects the checks of an exercise when they are
    first wanted; those of TARGETs at once. `dlex watch` has a server of its own.

    \b
    Examples:
      dlex serve --warm softmax
      dlex serve --status
      dlex serve --stop
    """
    if action is None:
        raise UsageError(_("dlex serve does not say what to do"), _("Try: dlex serve --warm"))
    if action == "warm":
        found = find_course(course)
        wanted = {exercise.id: None for target in targets for exercise in found.find(target)}
        _warm(found, list(wanted), idle * MINUTE, isolation, resolve(device))
    else:
        {"status": _status, "stop": _stop}[action]()


def _warm(course: Course, exercises: list[str], idle: float, isolation: int | None, device: str) -> None:
    wanted = terms(course, device, isolation)
    try:
        client.look(place.make() / f"{wanted.name}{place.SUFFIX}")
        click.echo(_("A warm server is there already."))
        return
    except BROKEN:
        pass
    process = Process(wanted, idle=idle, exercises=exercises)
    try:
        level = process.wait_until_warm()
    except BaseException:
        process.close()
        raise
    click.echo(
        _("Warm, at isolation level {level}. It ends after {minutes} without a check.").format(
            level=level, minutes=_minutes(idle)
        )
    )


def _status() -> None:
    seen = 0
    for path in place.sockets():
        try:
            state = client.look(path)
        except ConnectionRefusedError:  # left behind by a server that was killed
            continue
        except BROKEN:
            click.echo(_("A server does not answer. `dlex serve --stop` ends it."))
            seen += 1
            continue
        seen += 1
        _show(state)
    if not seen:
        click.echo(_("No warm server is there. Start one: dlex serve --warm"))


def _show(state: State) -> None:
    click.echo(
        _("{course}: process {process}, isolation {level}, {device}").format(
            course=plain(state.terms.root), process=state.pid, level=state.level, device=state.terms.device
        )
    )
    click.echo("  " + _("warm: {exercises}").format(exercises=_(", ").join(state.warm) or "–"))
    click.echo(
        "  " + ngettext("one check answered", "{n} checks answered", state.answered).format(n=state.answered)
    )
    if state.idle is None:
        click.echo("  " + _("ends with the `dlex watch` that started it"))
    else:
        left = max(state.idle - state.unused, 0)
        click.echo("  " + _("ends in {minutes}, unless it is asked").format(minutes=_minutes(left)))


def _stop() -> None:
    ended = [client.end(path) for path in place.sockets()]
    count = len([process for process in ended if process is not None])
    if count:
        click.echo(ngettext("One warm server ended.", "{n} warm servers ended.", count).format(n=count))
    else:
        click.echo(_("No warm server was there."))


def _minutes(seconds: float) -> str:
    count = round(seconds / MINUTE, 1)
    return ngettext("one minute", "{n} minutes", count).format(n=f"{count:g}")
