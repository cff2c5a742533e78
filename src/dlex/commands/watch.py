"""`dlex watch`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import click

from dlex.course import Course, find_course
from dlex.devices import resolve
from dlex.errors import UsageError
from dlex.language import _
from dlex.targets import find_places
from dlex.workspace import find_workspace


@click.command("watch", short_help="Check whenever you save.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--isolation", type=click.IntRange(0, 2), help="Isolation level; the best there is, if left out."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1 … or auto.")
@click.pass_obj
def command(course: str | None, targets: tuple[str, ...], isolation: int | None, device: str) -> None:
    """Check each exercise when you save its file. TARGETs are chapters, exercises or files; everything,
    if left out.

    Begins with the first exercise that was never right. Keys: h shows the next hint, n goes to the next
    exercise, s shows the statement, a checks all, q ends. In a pipe there are no keys: it ends when its
    input does.

    \b
    Examples:
      dlex watch
      dlex watch ch3
    """
    found = find_course(course)
    places = find_places(found, targets)
    paths = [path for place in places.values() for path in place.paths]
    if find_workspace() is None and not any(path.exists() for path in paths):
        raise UsageError(
            _("there are no answers in this folder"), _("Make a workspace: dlex init my-answers")
        )
    device = resolve(device)

    from dlex.serve.asking import Asker
    from dlex.serve.screen import Lines, Screen
    from dlex.serve.watching import Watch

    asker = Asker(found.root, device, isolation)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    watch = Watch(places, asker, Screen(found) if terminal else Lines(found))
    with contextlib.ExitStack() as stack:
        stack.callback(asker.close)
        _listen(stack, watch, places, found, terminal)
        watch.run()


def _listen(stack: contextlib.ExitStack, watch, places: dict, course: Course, terminal: bool) -> None:
    """Tell the watch of saves, keys and signals."""
    from dlex.serve.keys import END, read_keys, single_keys
    from dlex.serve.saves import Saves
    from dlex.serve.watching import Ended, Pressed, Redraw, Saved, Stray

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda _signal, _frame: watch.tell(Ended()))
    exercises = {path: exercise for exercise, place in places.items() for path in place.paths}
    names = {exercise.name for exercise in course.exercises}

    def stray(path: Path) -> None:
        if path.stem not in names:
            watch.tell(Stray(os.path.relpath(path), course.near(path.stem)))

    saves = Saves(exercises, lambda path: watch.tell(Saved(exercises[path])), stray)
    saves.start()
    stack.callback(saves.close)

    def pressed(key: str) -> None:
        watch.tell(Ended() if key in (END, "q", "Q") else Pressed(key))

    if terminal:
        again = stack.enter_context(single_keys())

        def resumed(_signal: int, _frame: object) -> None:
            again()
            watch.tell(Redraw())

        signal.signal(signal.SIGCONT, resumed)
        signal.signal(signal.SIGWINCH, lambda _signal, _frame: watch.tell(Redraw()))
    if terminal or not sys.stdin.isatty():
        read_keys(pressed)
