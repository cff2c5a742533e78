"""The report on one learner's answers, for the learner."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlex.course import Course, Exercise
from dlex.language import _, current, ngettext
from dlex.report.html import render
from dlex.report.measures import share
from dlex.results.feedback import for_learner
from dlex.results.formats.words import causes, facts, heading, listed, points, same_reason, spoken
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult

if TYPE_CHECKING:
    from dlex.workspace.history import Best

OUTPUT_LINES, OUTPUT_WIDTH = 20, 200


@dataclass(frozen=True)
class Told:
    """Why checks failed: the one that says most, what it says, and the others in a sentence."""

    headline: str
    facts: list[tuple[str, str]]
    others: str


@dataclass(frozen=True)
class Part:
    """An exercise of the page. `best` is its best attempt so far, and how many there were; `picture` is
    an SVG, or ""."""

    result: ExerciseResult
    causes: list[Told]
    output: str
    best: Best | None
    picture: str

    @property
    def listed(self) -> list[CheckResult]:
        return listed(self.result)

    @property
    def begun(self) -> bool:
        return self.result.status not in ("missing", "not_attempted")

    @property
    def done(self) -> bool:
        """Whether every check was passed."""
        return bool(self.result.checks) and all(check.outcome == "passed" for check in self.result.checks)


@dataclass(frozen=True)
class Chapter:
    """A chapter with those of its exercises that were checked, and those that wait to be begun."""

    id: str
    title: str
    parts: list[Part]
    waiting: list[Exercise]

    @property
    def score(self) -> float:
        return sum(part.result.score for part in self.parts)

    @property
    def most(self) -> float:
        return sum(part.result.max_score for part in self.parts)

    @property
    def done(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def total(self) -> int:
        return len(self.parts) + len(self.waiting)

    @property
    def share(self) -> float:
        """Of its exercises, those that are done."""
        return share(self.done, self.total)


def learner_page(
    result: SubmissionResult,
    course: Course,
    best: Mapping[str, Best] | None = None,
    pictures: Mapping[str, str] | None = None,
    waiting: Collection[Exercise] = (),
) -> Iterator[str]:
    """The page about a learner's answers, in pieces. Hidden checks say what their feedback level allows.

    Args:
        best: the best attempts so far by ids of exercises, as `History.best` gives them.
        pictures: for ids of exercises an SVG as `dlex.pictures.svg` makes it.
        waiting: exercises that were not checked, because nothing is written there yet.
    """
    shown = for_learner(result)
    parts = {each.id: _part(each, (best or {}).get(each.id), (pictures or {}).get(each.id, ""))
             for each in shown.exercises}  # fmt: skip
    chapters = _chapters(course, parts, waiting)
    to_do = [part.result for part in parts.values() if not part.done]
    return render(
        "learner.html",
        language=current().replace("_", "-"),
        drawn=bool(pictures),
        _=_,
        ngettext=ngettext,
        course=course,
        result=result,
        chapters=chapters,
        done=sum(chapter.done for chapter in chapters),
        total=sum(chapter.total for chapter in chapters),
        next=next(iter([*to_do, *waiting]), None),
        made=datetime.datetime.now().isoformat(" ", "minutes"),
        heading=heading,
        points=points,
        spoken=spoken,
    )


def _chapters(course: Course, parts: Mapping[str, Part], waiting: Collection[Exercise]) -> list[Chapter]:
    """Chapters and exercises in the order of the course, those that were checked or wait to be begun."""
    chapters = []
    for chapter in course.chapters:
        inside = [exercise for exercise in course.exercises if exercise.chapter == chapter.id]
        checked = [parts[exercise.id] for exercise in inside if exercise.id in parts]
        unbegun = [exercise for exercise in inside if exercise in waiting]
        if checked or unbegun:
            chapters.append(Chapter(chapter.id, chapter.title, checked, unbegun))
    return chapters


def _part(result: ExerciseResult, best: Best | None, picture: str) -> Part:
    from markupsafe import Markup

    groups = causes(result) if result.status == "graded" else []
    told = [Told(_headline(first), list(facts(first)), same_reason(others)) for first, *others in groups]
    drawn = Markup(picture)  # by us, its texts escaped
    return Part(result, told, _beginning(result.output), best, drawn)


def _headline(check: CheckResult) -> str:
    named = {"check": heading(check), "outcome": spoken(check.outcome)}
    if check.line:
        return _("{check}: {outcome}, line {n}").format(**named, n=check.line)
    return _("{check}: {outcome}").format(**named)


def _beginning(text: str) -> str:
    lines = text.strip("\n").split("\n")
    more = ["…"] if len(lines) > OUTPUT_LINES else []
    return "\n".join([*(line[:OUTPUT_WIDTH] for line in lines[:OUTPUT_LINES]), *more])
