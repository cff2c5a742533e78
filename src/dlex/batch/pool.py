"""The local pool: one warm process, a lane per job, and submissions handed out as lanes get free.

This process imports no torch and runs no grader: it passes submissions on and takes results in.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait

import msgspec

from dlex.batch import protocol
from dlex.course import Course, Exercise
from dlex.errors import MachineError
from dlex.results.records import SubmissionResult
from dlex.submission import Submission

TRIES = 3  # lanes that one submission may cost
LOST = (EOFError, OSError, msgspec.DecodeError)  # how a lane shows that it is gone


class Pool:
    """Grades submissions on this machine, `jobs` at a time.

    with Pool(course, exercises, seed=7, isolation=None, jobs=2) as pool:
        for submission, result in pool.grade(submissions):
            ...
    """

    def __init__(
        self,
        course: Course,
        exercises: list[Exercise],
        *,
        seed: int,
        isolation: int | None,
        jobs: int,
        device: str = "cpu",
    ):
        self.isolation = -1
        self._settings = protocol.Settings(
            str(course.root), [exercise.id for exercise in exercises], seed, isolation, [], device
        )
        self._jobs = jobs
        self._lanes: list[Connection] = []
        self._taken: set[Connection] = set()  # by `grade_one`
        self._changed = threading.Condition()  # guards lanes and taken
        self._killed = False
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Pool:
        """Start, and wait until everything is warm.

        Raises:
            CourseError: a grader or a reference is broken.
            MachineError: the isolation level cannot be had, or the warm process ended.
        """
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def grade(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, SubmissionResult]]:
        """Each submission with its result, as they come in. Takes from `submissions` what lanes can
        hold. A submission whose lane dies is graded again; MachineError if that does not help."""
        waiting = iter(submissions)
        again: list[Submission] = []
        busy: dict[Connection, Submission] = {}
        tries: Counter[str] = Counter()
        while True:
            if not self._lanes:
                raise MachineError("the processes that grade ended", self._last_words())
            for lane in self._free(busy):
                submission = again.pop() if again else next(waiting, None)
                if submission is None:
                    break
                with suppress(OSError):  # from a lane that is gone nothing will come, which is seen below
                    lane.send_bytes(protocol.encode(protocol.Question(submission)))
                busy[lane] = submission
            if not busy:
                return
            for lane in wait(list(busy)):
                submission = busy.pop(lane)
                try:
                    result = _receive(lane)
                except LOST:
                    again += [submission, *self._without(lane, busy)]
                    tries[submission.name] += 1
                    if tries[submission.name] >= TRIES:
                        raise self._hopeless(submission) from None
                    continue
                yield submission, result

    def grade_one(
        self, submission: Submission, only: list[str] | None = None, stop_at_failure: bool = False
    ) -> SubmissionResult:
        """The result of one submission, from a lane that is free, or the next to get free. Threads may
        call it side by side; not while `grade` is in use. Errors as in `grade`.

        `only` names the exercises, of the whole course, to grade it on; graders that no one asked for
        before are collected by the lane first. CourseError if they are broken."""
        question = protocol.encode(protocol.Question(submission, only, stop_at_failure))
        for _try in range(TRIES):
            lane = self._take()
            try:
                lane.send_bytes(question)
                return _receive(lane)
            except LOST:
                self._drop(lane)
            finally:
                self._give_back(lane)
        raise self._hopeless(submission)

    def kill(self) -> None:
        """End everything at once, for good, whatever lanes are at. Any thread may call it; a question
        under way ends in MachineError."""
        self._killed = True
        process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _take(self) -> Connection:
        with self._changed:
            self._changed.wait_for(lambda: not self._lanes or self._free(self._taken))
            if not self._lanes:
                self._start()
            lane = self._free(self._taken)[0]
            self._taken.add(lane)
            return lane

    def _drop(self, lane: Connection) -> None:
        with self._changed:
            lane.close()
            self._lanes.remove(lane)

    def _give_back(self, lane: Connection) -> None:
        with self._changed:
            self._taken.remove(lane)
            self._changed.notify_all()

    def _hopeless(self, submission: Submission) -> MachineError:
        return MachineError(f"grading {submission.name} ended {TRIES} graders", self._last_words())

    def _free(self, busy: Collection[Connection]) -> list[Connection]:
        return [lane for lane in self._lanes if lane not in busy]

    def _without(self, lost: Connection, busy: dict[Connection, Submission]) -> list[Submission]:
        """Go on without a lane; if it was the last, start all over. What has to be graded again."""
        lost.close()
        self._lanes.remove(lost)
        if self._lanes:
            return []
        unfinished = list(busy.values())
        busy.clear()
        self._start()
        return unfinished

    def _start(self) -> None:
        self._stop()
        if self._killed:
            raise MachineError("the processes that grade were ended")
        pairs = [socket.socketpair() for _job in range(self._jobs)]
        theirs = [there.fileno() for _here, there in pairs]
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dlex.grading.warm"],  # a submission may lie in this folder
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            pass_fds=theirs,
            start_new_session=True,  # Ctrl-C is this process's affair
        )
        self._lanes = [Connection(here.detach()) for here, _there in pairs]
        for _here, there in pairs:
            there.close()
        settings = msgspec.structs.replace(self._settings, lanes=theirs)
        self._process.stdin.write(protocol.encode(settings))
        self._process.stdin.close()
        try:
            for lane in self._lanes:
                self._greet(lane)
        except BaseException:
            self._stop()
            raise

    def _greet(self, lane: Connection) -> None:
        try:
            greeting = protocol.decode_greeting(lane.recv_bytes())
        except (EOFError, OSError):
            raise MachineError("the process that grades ended at its start", self._last_words()) from None
        if isinstance(greeting, protocol.Refused):
            raise protocol.raised(greeting)
        self.isolation = greeting.isolation

    def _last_words(self) -> str:
        """The end of what the warm process wrote to its standard error."""
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace").strip()

    def _stop(self) -> None:
        """Hang up; lanes end by themselves, and their graders with them."""
        for lane in self._lanes:
            lane.close()
        self._lanes = []
        if self._process is not None:
            self._process.wait()
            self._errors.close()
            self._process = None


def _receive(lane: Connection) -> SubmissionResult:
    """A lane's answer, or the error that it stands for; one of LOST if there is none."""
    answer = protocol.decode_answer(lane.recv_bytes())
    if isinstance(answer, protocol.Refused):
        raise protocol.raised(answer)
    return answer.result
