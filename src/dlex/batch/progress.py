"""How far a batch is: a bar with rate and remaining time, or plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS = 5.0


@contextmanager
def shown(total: int, console: Console) -> Iterator[Callable[[], None]]:
    """A function to call for every submission that is settled."""
    with _bar(total, console) if console.is_terminal else _lines(total, console) as tell:
        yield tell


@contextmanager
def _bar(total: int, console: Console) -> Iterator[Callable[[], None]]:
    rate = TextColumn("{task.fields[rate]}")
    columns = TextColumn("grading"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn()
    began, done = time.monotonic(), 0
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("grading", total=total, rate="")

        def tell() -> None:
            nonlocal done
            done += 1
            bar.update(task, completed=done, rate=f"{done / (time.monotonic() - began):.1f}/s")

        yield tell


@contextmanager
def _lines(total: int, console: Console) -> Iterator[Callable[[], None]]:
    began = latest = time.monotonic()
    done = 0

    def tell() -> None:
        nonlocal done, latest
        done += 1
        now = time.monotonic()
        if now - latest < LINE_SECONDS and done < total:
            return
        latest, rate = now, done / max(now - began, 1e-9)
        left = f", about {_duration((total - done) / rate)} left" if done < total else ""
        console.print(f"{done:,} of {total:,}, {rate:.1f} per second{left}", highlight=False, soft_wrap=True)

    yield tell


def _duration(seconds: float) -> str:
    """
    >>> _duration(75)
    '1 min 15 s'
    """
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
