"""`dlex.check("softmax")` and `%dlex check softmax`: what is defined in the notebook now, checked."""

from __future__ import annotations

import builtins
import linecache
import os
import socket
import subprocess
import sys
import textwrap
from collections import OrderedDict
from multiprocessing.connection import Connection
from types import FunctionType
from typing import TYPE_CHECKING

import msgspec

from dlex.batch import protocol
from dlex.course import Exercise, find_course
from dlex.errors import MachineError, UsageError
from dlex.language import _
from dlex.notebooks.namesakes import note
from dlex.notebooks.verdicts import text_report
from dlex.results.records import ExerciseResult, SubmissionResult
from dlex.worker import sandbox

if TYPE_CHECKING:
    from dlex.notebooks.checker import Answer

KEPT = 3  # graders that stay warm
WIDTH = 82  # nbgrader cuts longer lines
EXECUTION = "NBGRADER_EXECUTION"  # set by nbgrader: validate or autograde


class NotRight(Exception):
    """Some checks failed. Raised under `nbgrader validate`, which shows the text of exceptions."""

    def _render_traceback_(self) -> list[str]:
        lines = [textwrap.wrap(line, WIDTH, subsequent_indent="    ") for line in str(self).split("\n")]
        return ["\n".join(line) for line in lines]


class Grader:
    """A process that grades one exercise with forks of this one."""

    def __init__(self, exercise: Exercise):
        sandbox.require(0)
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        answers, other = socket.socketpair()
        descriptors = [theirs.fileno(), other.fileno()]
        arguments = [str(exercise.course.root), exercise.id, *map(str, descriptors)]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dlex.notebooks.checker", *arguments],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        other.close()
        self._control, self._answers = control, answers
        self._connection = Connection(os.dup(answers.fileno()))
        greeting = self._greeting()
        if isinstance(greeting, protocol.Refused):
            raise protocol.raised(greeting)

    def grade(self, source: bytes, names: dict[str, object]) -> Answer:
        """MachineError if the grader ends before it has a result."""
        from dlex.notebooks.checker import Answer, Question
        from dlex.notebooks.fork import Lender

        self._connection.send_bytes(protocol.encode(Question(source)))
        try:
            Lender(self._control, names).lend_until(self._answers)
            return msgspec.msgpack.decode(self._connection.recv_bytes(), type=Answer)
        except (EOFError, OSError, msgspec.DecodeError):
            raise MachineError(
                _("the process that checks ended"), _("Try again; then see `dlex doctor`.")
            ) from None

    def close(self) -> None:
        """End the process."""
        for one in (self._control, self._answers, self._connection):
            one.close()
        self._process.kill()
        self._process.wait()

    def _greeting(self) -> protocol.Ready | protocol.Refused:
        try:
            return protocol.decode_greeting(self._connection.recv_bytes())
        except (EOFError, OSError):
            told = _("the process that checks did not start")
            raise MachineError(told, _("See `dlex doctor`.")) from None


_graders: OrderedDict[str, Grader] = OrderedDict()


def check(target: str) -> None:
    """Check what is defined in the notebook; shows the report in the cell. Under stock `nbgrader autograde`
    the points become the score of the cell.

    Args:
        target: an exercise or a chapter: "softmax", "ch03/softmax", "ch3".

    Raises:
        UsageError: there is no such exercise.
        NotRight: under `nbgrader validate`, if some checks fail.
        MachineError: it could not be checked.
    """
    results = [_checked(exercise) for exercise in find_course().find(target)]
    lost = [result.reason for result in results if result.status != "graded"]
    if lost:
        told = _("not graded: {reason}").format(reason=lost[0])
        raise MachineError(told, _("This is not your fault; `dlex doctor` may know more."))
    step = os.environ.get(EXECUTION)
    if step == "validate" and not all(result.perfect for result in results):
        raise NotRight("\n\n".join(text_report(result.exercises[0]) for result in results))
    if step == "autograde" and (shell := _shell()) is not None:
        _give(shell, sum(one.score for one in results))


def _checked(exercise: Exercise) -> SubmissionResult:
    """Check an exercise and show the report."""
    answer = _graded(exercise)
    told = "" if answer.result.perfect else note(exercise, _names())
    _show(answer.result.exercises[0], answer.pictures, told)
    return answer.result


def _give(shell, score: float) -> None:
    """Make a score the value of the cell, wherever in it this is and even if it ends in `;`: a cell that has
    no value is right, says nbgrader."""
    hook = shell.displayhook
    hook.start_displayhook()
    hook.write_output_prompt()
    hook.write_format_data({"text/plain": repr(float(score))}, {})
    hook.finish_displayhook()


def _names() -> dict[str, object]:
    """What is defined in the notebook now."""
    return sys.modules["__main__"].__dict__


def _graded(exercise: Exercise) -> Answer:
    names = _names()
    key = f"{exercise.course.root} {exercise.id} {exercise.course.hash}"
    grader = _graders.pop(key, None) or Grader(exercise)
    try:
        answer = grader.grade(_source(exercise, names), names)
    except BaseException:  # KeyboardInterrupt too: what it was at, nobody knows
        grader.close()
        raise
    _graders[key] = grader
    while len(_graders) > KEPT:
        _graders.popitem(last=False)[1].close()
    return answer


def _source(exercise: Exercise, names: dict[str, object]) -> bytes:
    """The text of the cell in which an exercise's function was defined."""
    for name in exercise.functions:
        function = names.get(name)
        if isinstance(function, FunctionType):
            return "".join(linecache.getlines(function.__code__.co_filename)).encode() or b"#"
    return b"# nothing is defined yet"


def _show(result: ExerciseResult, pictures: list[str], told: str) -> None:
    """The report in the cell, or as text where there is no notebook; `told` comes first."""
    from dlex.notebooks.html import paragraph, report

    text = f"{told}\n\n{text_report(result)}" if told else text_report(result)
    if _shell() is None:
        print(text)
        return
    from IPython.display import display

    html = paragraph(told) + report(result, tables=True, pictures=pictures)
    display({"text/html": html, "text/plain": text}, raw=True)


def _shell():
    """IPython's shell, None where there is no notebook."""
    return getattr(builtins, "get_ipython", lambda: None)()


def load(ipython) -> None:
    """Register `%dlex`."""

    def dlex(line: str) -> None:
        """%dlex check softmax"""
        command, _space, target = line.strip().partition(" ")
        if command != "check" or not target:
            told = _("%dlex {line} is not understood").format(line=line.strip())
            raise UsageError(told, _("Try: %dlex check softmax"))
        check(target.strip())

    ipython.register_magic_function(dlex, "line", "dlex")
