"""The grader of a notebook's exercise: a process beside the kernel, warm from check to check.

kernel ── Question ──► checker: collects the checks once, then grades what forks of the kernel answer
       ◄── Answer: the result, redacted for learners, and pictures ──
"""

from __future__ import annotations

import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import torch

from dlex import pictures
from dlex.batch import protocol
from dlex.course import Exercise, read_course
from dlex.errors import DlexError
from dlex.grading.pictures import draw
from dlex.grading.plugin import Plugin, run_pytest
from dlex.grading.session import Session
from dlex.language import _
from dlex.notebooks.html import message
from dlex.results.feedback import for_learner
from dlex.results.records import ExerciseResult, SubmissionResult
from dlex.submission import Source, Submission
from dlex.worker.client import START_SECONDS
from dlex.worker.launcher import Zygote


class Question(msgspec.Struct, frozen=True):
    """The text of the cell that defines the answer, for messages."""

    source: bytes


class Answer(msgspec.Struct, frozen=True):
    """What came of a check; `pictures` are SVG, of a wrong answer where they can be drawn."""

    result: SubmissionResult
    pictures: list[str]


class LentZygote(Zygote):
    """Asks the kernel for forks."""

    def __init__(self, control: socket.socket):
        super().__init__(0, [])
        control.settimeout(START_SECONDS)
        self._control, self._ready = control, True

    def start(self) -> None:
        self._process = True  # the kernel is there, or this process ends with it

    def close(self) -> None:
        pass


def main(course: str, exercise: str, control: int, answers: int) -> None:
    """Grade whenever asked, until the kernel hangs up."""
    connection = Connection(answers)
    torch.set_num_threads(1)
    try:
        _serve(course, exercise, LentZygote(socket.socket(fileno=control)), connection)
    except DlexError as error:
        connection.send_bytes(protocol.encode(protocol.refused(error)))
    except (EOFError, OSError):
        pass


def _serve(root: str, id: str, zygote: Zygote, connection: Connection) -> None:
    course = read_course(Path(root))
    (exercise,) = (one for one in course.exercises if one.id == id)

    def work(plugin: Plugin) -> None:
        session = Session(plugin, zygote, course, [exercise], seed=0, level=0)
        connection.send_bytes(protocol.encode(protocol.Ready(0)))
        while True:
            question = msgspec.msgpack.decode(connection.recv_bytes(), type=Question)
            source = Source(_("this notebook"), question.source)
            result = session.grade(Submission("you", {exercise.id: source}))
            drawn = _pictures(exercise, source, zygote) if _is_wrong(result.exercises[0]) else []
            connection.send_bytes(msgspec.msgpack.encode(Answer(for_learner(result), drawn)))

    run_pytest(course, [exercise], 0, work)


def _is_wrong(result: ExerciseResult) -> bool:
    """Whether the answer is there, and not right."""
    return result.status == "graded" and any(check.outcome != "passed" for check in result.checks)


def _pictures(exercise: Exercise, source: Source, zygote: Zygote) -> list[str]:
    """What the answer looks like, each picture as SVG; none without matplotlib."""
    if not pictures.can_draw():
        return []
    try:
        return [pictures.svg(picture) for picture in draw(exercise, source, zygote)]
    except DlexError as error:
        return [message(str(error))]  # the grade stands, whatever happens to pictures


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
