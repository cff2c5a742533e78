"""What a gradebook, a comment and a cell's output say about one exercise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from dlex.language import N_, _
from dlex.notebooks.html import message, report
from dlex.results.formats.markdown import escape, fenced
from dlex.results.formats.words import causes, explain, heading, listed, points, same_reason, spoken
from dlex.results.records import ExerciseResult

NOT_GRADED = N_("Not graded.")
NOT_YOUR_FAULT = N_("Not graded. This is not your fault.")
UNTOUCHED = "No response."  # nbgrader's own words


@dataclass(frozen=True)
class Verdict:
    """One exercise as nbgrader gets to know it, hidden checks redacted.

    `share` of the points, from 0 to 1; None if it could not be graded, which is not a zero. `comment` is
    Markdown, `html` and `text` are the output of the test cell.
    """

    share: float | None
    comment: str
    html: str
    text: str

    def score(self, points: float) -> float | None:
        """Of so many points, those earned. A grader that was changed may give others than the notebook."""
        return None if self.share is None else self.share * points

    def noting(self, notes: list[str]) -> Verdict:
        """The verdict with what is to be known about the notebook in front of its comment."""
        return replace(self, comment="\n\n".join([*map(escape, notes), self.comment])) if notes else self


def ungraded(reason: str, *, handed_in: bool = False) -> Verdict:
    """The verdict on what could not be graded; `handed_in` tells that what was handed in is the reason."""
    title = _(NOT_GRADED if handed_in else NOT_YOUR_FAULT)
    text = f"{title}\n{reason}"
    return Verdict(None, f"**{title}**\n\n{fenced(reason)}", message(text), text)


def verdict(result: ExerciseResult) -> Verdict:
    """The verdict that a result of a learner's view comes to."""
    if result.status == "not_graded":
        return ungraded(result.message)
    share = result.score / result.max_score
    share = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    return Verdict(share, _comment(result), report(result, tables=True), text_report(result))


def _comment(result: ExerciseResult) -> str:
    if result.status == "not_attempted":
        return UNTOUCHED
    parts = [f"**{_earned(result)}**"]
    if result.message:
        parts.append(fenced(result.message))
    if result.status != "graded":
        return "\n\n".join(parts)
    for check, *others in causes(result):
        parts.append(f"**{escape(heading(check))}**: {spoken(check.outcome)}")
        if told := explain(check):
            parts.append(fenced(told))
        if others:
            parts.append(escape(same_reason(others)))
    return "\n\n".join(parts)


def _earned(result: ExerciseResult) -> str:
    return _("{points} points").format(points=points(result))


def text_report(result: ExerciseResult) -> str:
    """Points, checks, and what went wrong, as lines of text."""
    rows = [f"{spoken(check.outcome)}: {heading(check)} {points(check)}" for check in listed(result)]
    if result.status != "graded":
        return f"{result.id}: {_earned(result)}\n{result.message}"
    told = [f"\n{heading(check)}\n{explain(check)}" for check, *_others in causes(result)]
    return "\n".join([f"{result.id}: {_earned(result)}", *rows, *told])
