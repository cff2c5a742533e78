"""What a change of the course or of the seed did to grades: a learner's result before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from dlex.results.records import CheckResult, SubmissionResult
from dlex.results.store import Store


class CheckChange(msgspec.Struct, frozen=True):
    """One check that came out otherwise. An outcome is None where the check did not exist."""

    exercise: str
    check: str
    outcome_before: str | None
    outcome_after: str | None
    points_before: float
    points_after: float
    max_points_before: float
    max_points_after: float
    mistake_before: str | None
    mistake_after: str | None


class Change(msgspec.Struct, frozen=True):
    """A learner's grade before and after, over the exercises that both have.

    `reason` says why the later one is not graded, "" if it is.
    """

    learner: str
    score_before: float
    score_after: float
    max_score_before: float
    max_score_after: float
    checks: list[CheckChange]
    reason: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.checks or self.reason) or self.max_score_before != self.max_score_after

    @property
    def points(self) -> float:
        """How many points were gained; negative if they were lost."""
        return round(self.score_after - self.score_before, 9)  # sums of fractions differ in the last digit


class Summary(msgspec.Struct):
    """How many learners' grades rose, fell, stayed; how many cannot be compared, and why."""

    up: int = 0
    down: int = 0
    otherwise: int = 0  # other checks or another maximum, the same score
    same: int = 0
    not_graded: int = 0
    without_earlier: int = 0

    def count(self, change: Change | None) -> None:
        """Count one learner; None had no earlier grade of the same bytes."""
        kind = _kind(change)
        setattr(self, kind, getattr(self, kind) + 1)


def _kind(change: Change | None) -> str:
    if change is None:
        return "without_earlier"
    if change.reason:
        return "not_graded"
    if change.points:
        return "up" if change.points > 0 else "down"
    return "otherwise" if change.changed else "same"


def compare(before: SubmissionResult, after: SubmissionResult) -> Change:
    """What changed between two grades of one submission, check by check.

    Exercises that only one of them has were not asked for both times: they are left out.
    """
    common = {exercise.id for exercise in before.exercises} & {exercise.id for exercise in after.exercises}
    old = [exercise for exercise in before.exercises if exercise.id in common]
    new = [exercise for exercise in after.exercises if exercise.id in common]
    lost = after.status == "not_graded"
    return Change(
        learner=after.submission,
        score_before=sum(exercise.score for exercise in old),
        score_after=sum(exercise.score for exercise in new),
        max_score_before=sum(exercise.max_score for exercise in old),
        max_score_after=sum(exercise.max_score for exercise in new),
        checks=[] if lost else list(_check_changes(_checks(old), _checks(new))),
        reason=(after.reason or "not graded") if lost else "",
    )


def compare_run(
    store: Store, run: int, *, learners: Iterable[str] = (), exercises: Iterable[str] = ()
) -> Iterator[tuple[str, Change | None]]:
    """Each learner of a run, with what changed since the newest earlier grade of the same bytes
    under another course or seed; None where there is none."""
    for stored in store.records(run, learners=learners, exercises=exercises):
        before = store.earlier(run, stored)
        change = None if before is None else compare(before, stored.result)
        yield stored.name, change and msgspec.structs.replace(change, learner=stored.name)


def _checks(exercises: list) -> dict[tuple[str, str], CheckResult]:
    return {(exercise.id, check.name): check for exercise in exercises for check in exercise.checks}


def _check_changes(before: dict, after: dict) -> Iterator[CheckChange]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if _seen(old) != _seen(new):
            yield CheckChange(*key, *_pairs(_seen(old), _seen(new)))


def _seen(check: CheckResult | None) -> tuple[str | None, float, float, str | None]:
    """What of a check counts as a change: outcome, points, maximum, mistake."""
    if check is None:
        return None, 0.0, 0.0, None
    mistake = check.mistake.name if check.mistake else None
    return check.outcome, check.points, check.max_points, mistake


def _pairs(old: tuple, new: tuple) -> Iterator:
    return (value for pair in zip(old, new, strict=True) for value in pair)
