"""Keys that are pressed, one by one, without Enter."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator

END = "\x04"  # Ctrl-D, or the end of the input


@contextlib.contextmanager
def single_keys() -> Iterator[Callable[[], None]]:
    """Keys come at once and are not shown; as before afterwards. Call what is given after a stop
    (Ctrl-Z): the shell has set the terminal to its own liking."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield lambda: tty.setcbreak(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def read_keys(tell: Callable[[str], None]) -> None:
    """Tell of every key, in a thread of its own, and of the END of the input.

    Of what comes in one piece only the first key counts: the rest belongs to an arrow key, or was
    pasted into the wrong window.
    """
    threading.Thread(target=_read, args=[tell], daemon=True).start()


def _read(tell: Callable[[str], None]) -> None:
    while True:
        try:
            piece = os.read(sys.stdin.fileno(), 4096).decode(errors="replace")
        except OSError:  # the terminal is gone
            piece = ""
        tell(piece[:1] or END)
        if not piece:
            return
