"""From asking for a worker to its first answer, against starting Python and importing torch."""

from __future__ import annotations

import sys

import torch
from common import alternating, course, ms, run, with_grader

from dlex.grading.calls import Functions


def measure() -> dict[str, str]:
    figures: dict[str, str] = {}
    (exercise,) = course().find("softmax")
    source = exercise.path("solutions").read_bytes()

    def work(grader, attempt) -> None:
        def first_answer() -> None:
            started = attempt(source)
            Functions(started).softmax(torch.zeros(2, 3))
            started.close()

        def start_python() -> None:
            run([sys.executable, "-c", "import torch; torch.softmax(torch.zeros(2, 3), 1)"])

        ours, theirs = alternating(7, first_answer, start_python)
        figures["fork, lockdown, load, first answer"] = ms(ours)
        figures["python -c 'import torch; ...'"] = ms(theirs)
        figures["ratio"] = f"{ours / theirs:.3f}"

    with_grader("softmax", work)
    return figures
