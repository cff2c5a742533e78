"""JUnit XML as Jenkins and Ant describe it: a suite per submission and exercise, a case per check.

A check that failed or called what is forbidden is a failure; code that raised, crashed or ran out of
time is an error, and so is what was not graded; what was not attempted is skipped. The time of a
submission is shared evenly among its suites, because no finer time is known; a case has none.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import XMLGenerator

from dlex.files import atomic
from dlex.results.formats import Results
from dlex.results.formats.words import cut, explain, heading, line, points
from dlex.results.records import ExerciseResult, SubmissionResult

TAGS = {"passed": "", "failed": "failure", "forbidden": "failure", "not_attempted": "skipped"}
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Case(NamedTuple):
    """A test case; `tag` is the element that says what went wrong, "" if nothing did."""

    name: str
    outcome: str
    message: str
    text: str

    @property
    def tag(self) -> str:
        return TAGS.get(self.outcome, "error")


class Writer:
    """XML, element by element, without the characters that XML cannot hold."""

    def __init__(self, file):
        self._xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def element(self, tag: str, **attributes: object) -> Iterator[None]:
        self._xml.startElement(tag, {name: _legal(str(value)) for name, value in attributes.items()})
        yield
        self._xml.endElement(tag)

    def leaf(self, tag: str, text: str = "", **attributes: object) -> None:
        with self.element(tag, **attributes):
            self._xml.characters(_legal(text))


def write(results: Results, out: Path) -> list[Path]:
    path = out / "junit.xml"
    with atomic(path) as file:
        xml = Writer(file)
        with xml.element("testsuites"):
            suites = ((result, exercise) for result in results() for exercise in _exercises(result))
            for number, (result, exercise) in enumerate(suites):
                _write_suite(xml, number, result, exercise)
    return [path]


def _exercises(result: SubmissionResult) -> list[ExerciseResult]:
    """The exercises; one that stands for all where there are none, so that no submission is lost."""
    reason = result.reason or "it has no exercise"
    return result.exercises or [
        ExerciseResult("submission", "", "not_graded", 0.0, result.max_score, reason, "", [])
    ]


def _write_suite(xml: Writer, number: int, result: SubmissionResult, exercise: ExerciseResult) -> None:
    cases = _cases(exercise)
    tags = Counter(case.tag for case in cases)
    with xml.element(
        "testsuite",
        name=f"{line(result.submission)} {exercise.id}",
        package=exercise.id,
        id=number,
        tests=len(cases),
        failures=tags["failure"],
        errors=tags["error"],
        skipped=tags["skipped"],
        time=f"{result.duration_s / len(_exercises(result)):.4f}",
        timestamp=_utc(result.started),
        hostname="localhost",
    ):
        with xml.element("properties"):
            for name, value in _properties(result, exercise).items():
                xml.leaf("property", name=name, value=value)
        for case in cases:
            _write_case(xml, exercise, case)
        xml.leaf("system-out", cut(exercise.output))
        xml.leaf("system-err", cut(exercise.message))


def _properties(result: SubmissionResult, exercise: ExerciseResult) -> dict[str, object]:
    score = {} if exercise.status == "not_graded" else {"score": f"{exercise.score:g}"}
    return {
        "submission": line(result.submission),
        "file": line(exercise.file),
        "status": exercise.status,
        **score,
        "max_score": f"{exercise.max_score:g}",
        "course_hash": result.course_hash,
        "device": result.device,
        "isolation": result.isolation,
    }


def _cases(exercise: ExerciseResult) -> list[Case]:
    """One per check, all names different; without a check, one that says so."""
    if not exercise.checks:
        return [Case("graded", exercise.status, exercise.message, exercise.message)]
    seen: Counter[str] = Counter()
    cases = []
    for check in exercise.checks:
        seen[check.name] += 1
        name = check.name if seen[check.name] == 1 else f"{check.name} {seen[check.name]}"
        text = f"{heading(check)}, {points(check)} points\n{explain(check)}"
        cases.append(Case(name, check.outcome, check.message or check.outcome, text))
    return cases


def _write_case(xml: Writer, exercise: ExerciseResult, case: Case) -> None:
    with xml.element("testcase", classname=exercise.id, name=case.name, time="0"):
        if case.tag == "skipped":
            xml.leaf("skipped", message=line(case.message))
        elif case.tag:
            xml.leaf(case.tag, cut(case.text), type=case.outcome, message=line(case.message))


def _utc(started: str) -> str:
    """The time in UTC and without a zone, as the schema wants it."""
    time = datetime.datetime.fromisoformat(started)
    time = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
