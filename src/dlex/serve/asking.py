"""Answers for `dlex watch`: of the warm server that is there, or of one of its own."""

from __future__ import annotations

import threading
from pathlib import Path

from dlex.course import Exercise, read_course
from dlex.errors import CourseError, MachineError
from dlex.language import _
from dlex.results.records import SubmissionResult
from dlex.serve import client
from dlex.serve.checking import submission_of
from dlex.serve.messages import nothing_of
from dlex.serve.start import Process
from dlex.serve.terms import Terms, terms
from dlex.submission import Source, Submission

TRIES = 3  # a server may end between two questions


class Asker:
    """Asks a warm server, and starts one whenever there is none: at first, after a crash, for a course
    that was changed. What it started ends with it."""

    def __init__(self, course: Path, device: str, isolation: int | None):
        self._course, self._device, self._isolation = course, device, isolation
        self._process: Process | None = None
        self._lock = threading.Lock()  # guards process and closed
        self._closed = False

    def ask(self, exercise: Exercise, source: Source) -> SubmissionResult:
        """The result for one exercise, redacted for learners.

        Raises:
            CourseError: a grader or a reference is broken.
            MachineError: no server stays alive, or none can be started.
        """
        result = self._ask(submission_of({exercise: source}))
        if not result.exercises:
            raise CourseError(_("{id} is no longer in the course").format(id=exercise.id))
        return result

    def prepare(self, exercise: Exercise) -> None:
        """Have an exercise's checks collected before they are needed. Errors as in `ask`."""
        self._ask(nothing_of([exercise.id]))

    def close(self) -> None:
        """End the server that this started; a question under way ends in MachineError."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.close()

    def _ask(self, submission: Submission) -> SubmissionResult:
        for _try in range(TRIES):
            wanted = self._terms()
            result = client.ask(wanted, submission, patient=True)
            if result is not None:
                return result
            self._start(wanted)
        raise MachineError(_("the warm server does not answer"), _("See what is missing: dlex doctor"))

    def _terms(self) -> Terms:
        """What has to be answered for now: the course may have changed since the last time."""
        try:
            return terms(read_course(self._course), self._device, self._isolation)
        except OSError as error:
            raise CourseError(f"{error.filename}: {error.strerror}") from None

    def _start(self, wanted: Terms) -> None:
        with self._lock:
            old, self._process = self._process, None
        if old is not None:
            old.close()
        with self._lock:
            if self._closed:
                raise MachineError(_("the warm server was ended"))
            self._process = process = Process(wanted, idle=None, exercises=[])
        process.wait_until_warm()
