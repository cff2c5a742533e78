"""Asking a warm server. Whatever is wrong with it, there is no answer, and that costs moments only."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

from dlex.batch import protocol
from dlex.course import Course
from dlex.results.records import SubmissionResult
from dlex.serve import messages, place
from dlex.serve.messages import Answer, Ask, End, Look, Reply, State, Working
from dlex.serve.terms import Terms, terms
from dlex.submission import Submission

SILENCE = 1.5  # seconds without a sign of life, after which a server counts as hung
PATIENT = 20.0  # the same for those who have no other way to get an answer
ENDING = 3.0  # seconds to end when told so
LONGEST = 900.0  # seconds of signs of life and no answer


def current_terms(course: Course, device: str, isolation: int | None) -> Terms | None:
    """What a server has to answer for; None if there is no server at all, or no telling."""
    if not place.sockets():
        return None
    try:
        return terms(course, device, isolation)
    except OSError:  # a grader is missing
        return None


def ask(
    wanted: Terms, submission: Submission, *, stop_at_failure: bool = False, patient: bool = False
) -> SubmissionResult | None:
    """The result that a warm server has, or None: there is none, or it does not answer.

    Args:
        wanted: what it has to answer for.
        patient: wait while it answers others.

    Raises:
        CourseError: a grader or a reference is broken.
        MachineError: the server's machinery failed.
    """
    folder = place.trusted()
    if folder is None:
        return None
    question = Ask(wanted.name, submission, list(submission.sources), stop_at_failure, patient)
    try:
        with connect(folder / f"{wanted.name}{place.SUFFIX}") as connection:
            reply = _reply(connection, question, PATIENT if patient else SILENCE)
    except messages.BROKEN:
        return None
    if isinstance(reply, protocol.Refused):
        raise protocol.raised(reply)
    fits = isinstance(reply, Answer) and reply.result.course_hash == wanted.course
    return reply.result if fits else None


def look(path: Path) -> State:
    """What a server is. One of BROKEN if it does not say."""
    with connect(path) as connection:
        messages.send(connection, Look(), SILENCE)
        return messages.receive(connection, State, SILENCE)


def end(path: Path) -> int | None:
    """End a server, by force if it does not listen; its process, or None if there was none."""
    try:
        connection = connect(path)
    except OSError:
        path.unlink(missing_ok=True)
        return None
    with connection:
        process, _user = place.peer(connection)
        handle = os.pidfd_open(process)
        with suppress(*messages.BROKEN):
            messages.send(connection, End(), SILENCE)
            messages.receive(connection, State, SILENCE)
    try:
        if not select.select([handle], [], [], ENDING)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)
    return process


def connect(path: Path) -> socket.socket:
    """A connection to a server of this user. OSError if there is none."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(SILENCE)
        connection.connect(str(path))
        if place.peer(connection)[1] != os.geteuid():
            raise ConnectionError("it belongs to another user")
        return connection
    except BaseException:
        connection.close()
        raise


def _reply(connection: socket.socket, question: Ask, silence: float) -> Reply:
    """What comes after all signs of life. One of BROKEN if that takes too long."""
    messages.send(connection, question, silence)
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        reply = messages.receive(connection, Reply, silence)
        if not isinstance(reply, Working):
            return reply
    raise TimeoutError
