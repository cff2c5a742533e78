"""One batch: from what was handed in to grades in the store.

    hand-ins ──► already graded? ──► backend (local pool or cluster) ──► store ──► announced

A grade is committed before anybody hears of it. What cannot be read is a result too, with its
reason, and never a zero.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from dlex.batch.intake import Handed, HandIn, read
from dlex.course import Course, Exercise
from dlex.errors import CourseError
from dlex.results.records import SubmissionResult
from dlex.results.store import Store
from dlex.submission import Submission


class Backend(Protocol):
    """Grades submissions, several at a time; gives results as they come in."""

    isolation: int

    def grade(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, SubmissionResult]]: ...


@dataclass
class Batch:
    """A run of the store that is being filled.

    `resume`: what an earlier run graded under the same conditions is taken over. `tell` is called for
    every submission that is settled, once its grade is committed. Afterwards `kept` counts what was
    taken over, and `lost` holds (name, reason) of what could not be graded.
    """

    course: Course
    exercises: list[Exercise]
    store: Store
    run: int
    resume: bool
    tell: Callable[[], None]
    kept: int = 0
    graded: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)

    def grade(self, hand_ins: Iterable[HandIn], backend: Backend) -> None:
        """Grade everything, committing each grade when it is there; then close the run."""
        self._conditions = self.store.run(self.run).conditions
        digests: dict[str, str] = {}
        for submission, result in backend.grade(self._to_grade(hand_ins, backend.isolation, digests)):
            self._commit(submission.name, digests.pop(submission.name), result)
        self.store.finish_run(self.run)

    def _to_grade(
        self, hand_ins: Iterable[HandIn], isolation: int, digests: dict[str, str]
    ) -> Iterator[Submission]:
        """What still has to be graded, each read when its turn comes; the rest is settled on the way."""
        only = self.exercises[0] if len(self.exercises) == 1 else None
        for hand_in in hand_ins:
            one = read(hand_in, self.course, self.exercises, only)
            if self.resume and self.store.keep(self.run, [(one.name, one.digest)]):
                self.kept += 1
                self.tell()
            elif one.submission is None:
                self._commit(one.name, one.digest, self._unreadable(one, isolation))
            else:
                digests[one.name] = one.digest
                yield one.submission

    def _commit(self, name: str, digest: str, result: SubmissionResult) -> None:
        if result.course_hash != self._conditions.course_hash:
            raise CourseError(
                "the course was changed while it was used for grading",
                "Nothing is lost: run the same command again with --resume, or start a new run.",
            )
        self.store.add(self.run, name, digest, result)
        if result.status == "graded":
            self.graded += 1
        else:
            self.lost.append((name, result.reason))
        self.tell()

    def _unreadable(self, handed: Handed, isolation: int) -> SubmissionResult:
        conditions = self._conditions
        return SubmissionResult(
            submission=handed.name,
            course=self.course.name,
            course_hash=conditions.course_hash,
            seed=conditions.seed,
            device=conditions.device,
            isolation=isolation,
            started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            duration_s=0.0,
            status="not_graded",
            reason=handed.problem,
            score=0.0,
            max_score=0.0,
            exercises=[],
        )
