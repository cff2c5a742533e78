"""Start writers that add grades until they are killed; say which grades they announced.

    python store_crash.py DATABASE ROUNDS

Prints a line per announcement: the learner's name, written after `add` returned. Every other writer
dies inside a transaction, after a chosen statement; the others at a random moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import store_samples as samples
from sqlalchemy import Engine, event

from dlex.results.store import Store

FATAL = ("INSERT INTO submissions", "INSERT INTO results", "INSERT INTO checks", "INSERT INTO run_results")


def write(path: str, number: int, announce: int, fatal: str | None, after: int) -> None:
    """Add grades for ever; die after the `after`-th statement that starts with `fatal`."""
    left = after

    def die(_connection, _cursor, statement: str, *_rest: object) -> None:
        nonlocal left
        if fatal and statement.startswith(fatal):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", die)
    with Store(path) as store:
        run = store.begin_run(samples.CONDITIONS, course="Course", isolation=1)
        for count in range(1_000_000):
            name = f"{number}-{count}"
            store.add(run, name, samples.digest(name), samples.result(name))
            os.write(announce, f"{name}\n".encode())


def crash(path: str, number: int, chance: random.Random) -> bytes:
    """One writer's life; what it announced."""
    fatal = FATAL[number // 2 % len(FATAL)] if number % 2 else None
    after = chance.randint(1, 5)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        write(path, number, writer, fatal, after)
    os.close(writer)
    announced = b""
    if fatal is None:
        while announced.count(b"\n") < after:
            announced += os.read(reader, 64)
        time.sleep(chance.uniform(0, 0.01))  # a moment inside the next few writes
        os.kill(child, signal.SIGKILL)
    while chunk := os.read(reader, 65536):
        announced += chunk
    os.close(reader)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    return announced


def main(path: str, rounds: int) -> None:
    chance = random.Random(0)
    for number in range(rounds):
        sys.stdout.write(crash(path, number, chance).decode())
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
