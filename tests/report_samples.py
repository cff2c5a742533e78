"""A class made by chance for the tests of reports, and a reader of the pages; no torch needed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from html.parser import HTMLParser

import msgspec
from store_samples import check, exercise, result

from dlex.results.records import Counterexample, ExerciseResult, SubmissionResult
from dlex.results.store import Conditions

IDS = [f"ch{chapter:02d}/exercise_{number}" for chapter in (3, 4, 10) for number in range(8)][:23]
CHECKS = ("contract[dtype]", "test_rows", "test_large")
POINTS = (1.0, 2.0, 3.0)
MISTAKES = ("wrong_axis", "no_shift")
CONDITIONS = Conditions("hash-1", 7, tuple(IDS))
NOT_GRADED, STUBS_ONLY = 20, 30  # every so many learners
VOID = {"meta", "br", "img"}  # elements without an end


def classroom(learners: int, seed: int = 0) -> list[SubmissionResult]:
    """Results in which the able pass more, some exercises are not begun, and mistakes recur."""
    chance = random.Random(seed)
    return [_learner(number, chance) for number in range(learners)]


def _learner(number: int, chance: random.Random) -> SubmissionResult:
    name, ability = f"learner {number:03d}", chance.random()
    if number % NOT_GRADED == 7:
        lost = result(name, exercise(IDS[0], check(CHECKS[0], "not_graded"), status="not_graded"))
        return msgspec.structs.replace(lost, seed=7, duration_s=0.0)
    if number % STUBS_ONLY == 3:
        stubs = [_none(id, "not_attempted") for id in IDS]
        return result(name, *stubs, conditions=CONDITIONS)
    made = result(name, *(_exercise(id, ability, chance) for id in IDS), conditions=CONDITIONS)
    return msgspec.structs.replace(made, duration_s=round(0.1 + chance.random(), 3))


def _exercise(id: str, ability: float, chance: random.Random) -> ExerciseResult:
    fate = chance.random()
    if fate < 0.05:
        return _none(id, chance.choice(["missing", "not_attempted"]))
    if fate < 0.08:
        return _none(id, "load_error", f"it raised SyntaxError at line {chance.randrange(3)}")
    if ability > chance.random():
        return exercise(id, *(check(name, most=most) for name, most in zip(CHECKS, POINTS, strict=True)))
    mistake = chance.choice([*MISTAKES, ""])
    return exercise(
        id, *(_check(name, most, mistake, chance) for name, most in zip(CHECKS, POINTS, strict=True))
    )


def _check(name: str, most: float, mistake: str, chance: random.Random):
    if chance.random() < 0.2:
        return check(name, most=most)
    seen = Counterexample("f(X)", {"X": "[[0, 0]]"}, "[[0, >1<]]", "[[0.5, 0.5]]")
    wrong = check(name, "failed", most, mistake)
    message = "" if mistake else f"off by {chance.randrange(20)}"
    return msgspec.structs.replace(wrong, message=message, counterexample=seen, hidden=name == "test_large")


def _none(id: str, status: str, message: str = "there is nothing") -> ExerciseResult:
    outcome = "error" if status == "load_error" else "not_attempted"
    checks = [msgspec.structs.replace(check(name, outcome, most), message=message)
              for name, most in zip(CHECKS, POINTS, strict=True)]  # fmt: skip
    return msgspec.structs.replace(exercise(id, *checks, status=status), message=message)


@dataclass
class Element:
    """An element of a page: its tag, attributes, and what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        """Every element in it of these tags, in order; of any tag, if none is named."""
        found, waiting = [], self.inside[::-1]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Element):
                found += [each] if not tags or each.tag in tags else []
                waiting += each.inside[::-1]
        return found

    def one(self, **attributes: str) -> Element:
        (found,) = [each for each in self.all() if attributes.items() <= each.attributes.items()]
        return found

    @property
    def text(self) -> str:
        parts = (each if isinstance(each, str) else each.text for each in self.inside)
        return " ".join("".join(parts).split())

    def rows(self) -> list[list[Element]]:
        """The cells of a table's body."""
        return [row.all("td", "th") for body in self.all("tbody") for row in body.all("tr")]


class Page(HTMLParser):
    """The elements of a page. AssertionError if they are not closed in order."""

    def __init__(self, text: str):
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(text)
        self.close()
        assert self._open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(element.attributes) == len(attrs), f"an attribute twice: {attrs}"
        self._open[-1].inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)
