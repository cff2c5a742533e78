"""The warm process of a batch: graders collected and examples drawn once, then a lane per job.

    pool ══ socket ══ lane ── fork ──► grader child ◄── wire ──► worker
                       └── its zygote ── fork ─────────────────────┘

A lane takes one submission after the other. Each is graded by a fresh fork, so that none inherits
anything from the one before, and whatever happens to it costs that submission alone.
"""

from __future__ import annotations

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
from dlex.course import CONTENT, read_course
from dlex.errors import DlexError, MachineError
from dlex.grading.plugin import Plugin, run_pytest
from dlex.grading.session import Session, gpu_of, kind_of
from dlex.language import _
from dlex.results.records import SubmissionResult
from dlex.submission import Source, Submission
from dlex.worker import lockdown, sandbox
from dlex.worker.client import Zygote

TRIES = 3
GRACE = 60.0  # seconds beyond a submission's own limit, after which its grader counts as hung
CHUNK = 1 << 16

_decode_submission = msgspec.msgpack.Decoder(Submission).decode
_decode_result = msgspec.msgpack.Decoder(SubmissionResult).decode


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

    def work(plugin: Plugin) -> None:
        for grader in plugin.graders.values():
            grader.warm_up()
        common = course, exercises, settings.seed, level
        sessions = [Session(plugin, zygote, *common, device=settings.device) for zygote in zygotes]
        _rehearse(sessions[0])
        _run_lanes(connections, sessions)

    try:
        for zygote in zygotes:
            zygote.start()  # torch is imported there while the examples are drawn here
        run_pytest(course, exercises, settings.seed, work, kind_of(settings.device))
    finally:
        for zygote in zygotes:
            zygote.close()


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
        connection.send_bytes(protocol.encode(_greeting(session)))
        while True:
            connection.send_bytes(_graded(session, connection.recv_bytes()))
    except (EOFError, OSError):
        pass  # the pool has no more work, or is gone
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        session.zygote.close()
        os._exit(0)


def _greeting(session: Session) -> protocol.Ready | protocol.Refused:
    try:
        session.zygote.prepare_for_fork()
    except MachineError as error:
        return protocol.refused(error)
    return protocol.Ready(session.level)


def _graded(session: Session, data: bytes) -> bytes:
    """The result of one submission, encoded; both ends of this are bytes: a lane only passes on."""
    for _try in range(TRIES):
        result = _in_a_fork(session, data)
        if result is not None:
            return result
        session.zygote.start()  # whatever went wrong, workers may be left over
    submission = _decode_submission(data)
    told = _("its grader ended {tries} times without a result").format(tries=TRIES)
    lost = session.not_graded(submission, told)
    return protocol.encode(lost)


def _in_a_fork(session: Session, data: bytes) -> bytes | None:
    """Grade in a fresh process; None if that came to no result."""
    session.zygote.prepare_for_fork()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _be_grader(session, data, writer)
    os.close(writer)
    limit = session.course.file.limits.submission_seconds + GRACE
    try:
        result = _read_all(reader, time.monotonic() + limit)
        _decode_result(result)
        return result
    except (TimeoutError, msgspec.DecodeError):
        return None
    finally:
        os.close(reader)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _be_grader(session: Session, data: bytes, writer: int) -> NoReturn:
    """Runs in a fork and never returns."""
    try:
        _die_with_parent()
        result = protocol.encode(session.grade(_decode_submission(data)))
        with open(writer, "wb") as pipe:
            pipe.write(result)
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
