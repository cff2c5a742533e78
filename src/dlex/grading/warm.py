"""The warm process of a pool: graders collected and examples drawn once, then a lane per job.

    pool ══ socket ══ lane ── fork ──► grader child ◄── wire ──► worker
                       └── its zygote ── fork ─────────────────────┘

A lane takes one submission after the other. Each is graded by a fresh fork, so that none inherits
anything from the one before, and whatever happens to it costs that submission alone. Graders that are
first wanted later are collected by the lane itself; its later forks have them.
"""

from __future__ import annotations

import dataclasses
import os
import select
import signal
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import msgspec
import torch

from dlex.batch import protocol
from dlex.course import CONTENT, Exercise, read_course
from dlex.errors import CourseError, DlexError, MachineError
from dlex.grading.collected import Collected
from dlex.grading.plugin import Plugin, run_pytest
from dlex.grading.session import Session, gpu_of, kind_of
from dlex.language import _
from dlex.submission import Source, Submission
from dlex.worker import lockdown, sandbox
from dlex.worker.launcher import Zygote

TRIES = 3
GRACE = 60.0  # seconds beyond a submission's own limit, after which its grader counts as hung
WARM_UP = 2.0  # seconds for all exercises together: nobody is kept waiting for long
CHUNK = 1 << 16

MOST_RUNS = 30  # of pytest, one inside the other
FRAMES = 200  # of Python, more than one of them needs


def main() -> None:
    """Read the settings from standard input and serve until the pool hangs up."""
    settings = protocol.decode_settings(sys.stdin.buffer.read())
    connections = [Connection(descriptor) for descriptor in settings.lanes]
    torch.set_num_threads(1)
    try:
        _serve(settings, connections)
    except DlexError as error:
        for connection in connections:
            connection.send_bytes(protocol.encode(protocol.refused(error)))


def _serve(settings: protocol.Settings, connections: list[Connection]) -> None:
    course = read_course(Path(settings.course))
    exercises = [exercise for target in settings.exercises for exercise in course.find(target)]
    level = sandbox.require(settings.isolation).level
    masked = [course.root / folder for folder in CONTENT]
    zygotes = [Zygote(level, masked, gpu_of(settings.device)) for _connection in connections]
    collected = Collected()
    terms = course, exercises, settings.seed, level
    sessions = [Session(collected, zygote, *terms, device=settings.device) for zygote in zygotes]

    def work(plugin: Plugin) -> None:
        collected.add(plugin)
        _make_ready(sessions[0])
        _run_lanes(connections, sessions)

    try:
        for zygote in zygotes:
            zygote.start()  # torch is imported there while the examples are drawn here
        if exercises:
            run_pytest(course, exercises, settings.seed, work, kind_of(settings.device))
        else:
            _run_lanes(connections, sessions)
    finally:
        for zygote in zygotes:
            zygote.close()


def _make_ready(session: Session) -> None:
    """Do once, for the exercises of a session, what every fork would do again."""
    for exercise in session.exercises:
        session.plugin.graders[exercise.id].warm_up(WARM_UP / len(session.exercises))
    _rehearse(session)


def _rehearse(session: Session) -> None:
    """Grade the worked answers: what equals their answers to the last bit need not be judged again.

    A course may come without them, as the learners' edition does.
    """
    paths = {exercise.id: exercise.path("solutions") for exercise in session.exercises}
    sources = {
        id: Source(path.name, path.read_bytes()) if path.exists() else Source(path.name, None, missing=True)
        for id, path in paths.items()
    }
    session.grade(Submission("the worked answers", sources))


def _run_lanes(connections: list[Connection], sessions: list[Session]) -> None:
    """Fork the lanes and wait for their ends."""
    lanes = []
    for connection, session in zip(connections, sessions, strict=True):
        pid = os.fork()
        if pid == 0:
            _be_lane(connection, connections, session)
        lanes.append(pid)
    for connection in connections:
        connection.close()  # so that the pool notices when a lane is gone
    for pid in lanes:
        os.waitpid(pid, 0)


def _be_lane(connection: Connection, connections: list[Connection], session: Session) -> NoReturn:
    """Runs in a fork and never returns."""
    try:
        _die_with_parent()
        for other in connections:
            if other is not connection:
                other.close()
        sys.setrecursionlimit(sys.getrecursionlimit() + MOST_RUNS * FRAMES)
        connection.send_bytes(protocol.encode(_greeting(session)))
        _answer_all(connection, session)
    except (EOFError, OSError):
        pass  # the pool has no more work, or is gone
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        session.zygote.close()
        os._exit(0)


def _answer_all(connection: Connection, session: Session, runs: int = 0) -> NoReturn:
    """Answer one question after the other, inside of `runs` runs of pytest. EOFError at the end."""
    while True:
        question = protocol.decode_question(connection.recv_bytes())
        asked = _session_for(question, session)
        lacking = session.plugin.lacking(asked.exercises)
        if lacking and runs == MOST_RUNS:
            raise EOFError  # the pool asks a fresh lane
        if lacking:
            _collect_and_answer(connection, session, lacking, question, runs + 1)
        else:
            connection.send_bytes(_graded(asked, question))


def _collect_and_answer(
    connection: Connection,
    session: Session,
    lacking: list[Exercise],
    question: protocol.Question,
    runs: int,
) -> None:
    """Collect what is lacking, answer with it, and go on. Returns only if the graders are broken."""

    def work(plugin: Plugin) -> None:
        session.plugin.add(plugin)
        connection.send_bytes(_graded(_session_for(question, session), question))
        _make_ready(dataclasses.replace(session, exercises=lacking))
        _answer_all(connection, session, runs)

    try:
        run_pytest(session.course, lacking, session.seed, work, kind_of(session.device))
    except CourseError as error:
        connection.send_bytes(protocol.encode(protocol.refused(error)))


def _session_for(question: protocol.Question, session: Session) -> Session:
    """The session as a question wants it."""
    only = question.only
    wanted = [e for e in session.course.exercises if e.id in only] if only is not None else session.exercises
    return dataclasses.replace(session, exercises=wanted, stop_at_failure=question.stop_at_failure)


def _greeting(session: Session) -> protocol.Ready | protocol.Refused:
    try:
        session.zygote.prepare_for_fork()
    except MachineError as error:
        return protocol.refused(error)
    return protocol.Ready(session.level)


def _graded(session: Session, question: protocol.Question) -> bytes:
    """The answer to a question, encoded; as a grader's fork wrote it, if there was one."""
    for _try in range(TRIES):
        answer = _in_a_fork(session, question.submission)
        if answer is not None:
            return answer
        session.zygote.start()  # whatever went wrong, workers may be left over
    told = _("its grader ended {tries} times without a result").format(tries=TRIES)
    return protocol.encode(protocol.Graded(session.not_graded(question.submission, told)))


def _in_a_fork(session: Session, submission: Submission) -> bytes | None:
    """Grade in a fresh process; None if that came to no result."""
    session.zygote.prepare_for_fork()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _be_grader(session, submission, writer)
    os.close(writer)
    limit = session.course.file.limits.submission_seconds + GRACE
    try:
        answer = _read_all(reader, time.monotonic() + limit)
        protocol.decode_answer(answer)
        return answer
    except (TimeoutError, msgspec.DecodeError):
        return None
    finally:
        os.close(reader)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _be_grader(session: Session, submission: Submission, writer: int) -> NoReturn:
    """Runs in a fork and never returns."""
    try:
        _die_with_parent()
        answer = protocol.encode(protocol.Graded(session.grade(submission)))
        with open(writer, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


def _die_with_parent() -> None:
    if lockdown.LINUX:
        lockdown.prctl(lockdown.PR_SET_PDEATHSIG, signal.SIGKILL)


def _read_all(descriptor: int, end: float) -> bytes:
    """Everything up to the end of a pipe. TimeoutError if that does not come in time."""
    parts = []
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(end - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        part = os.read(descriptor, CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)


if __name__ == "__main__":
    main()
