"""GitHub Actions: annotations on the learner's own lines, and a job summary.

`annotations.txt` holds workflow commands, one per line; a learner's text cannot begin another one.
`summary.md` is Markdown. `publish` hands both to GitHub, if the program runs there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from dlex.files import atomic
from dlex.results.formats import Results
from dlex.results.formats.markdown import cell_code, report
from dlex.results.formats.words import causes, cut, explain, heading, line, points, same_reason, standing
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult

SHOWN = 10  # of a kind and step; GitHub drops the others without a word
SUMMARY_BYTES = 1 << 20  # of a step; GitHub refuses a longer summary as a whole
MESSAGE_LIMIT = 4000
ROOM_FOR_LAST_LINE = 100


class Annotation(NamedTuple):
    """A message on a line of a file; `kind` is "error", "warning" or "notice"."""

    kind: str
    title: str
    message: str
    file: str = ""
    line: int = 0

    def command(self) -> str:
        """The workflow command, which is one line whatever the texts are.

        >>> Annotation("error", "a: b", "50% of\\n::set-output", "x,y.py", 3).command()
        '::error file=x%2Cy.py,line=3,title=a%3A b::50%25 of%0A::set-output'
        """
        place = {"file": line(self.file, 1000), "line": str(self.line or "")} if self.file else {}
        properties = {**place, "title": line(self.title)}
        given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
        return f"::{self.kind} {given}::{_data(cut(self.message, MESSAGE_LIMIT))}"


def write(results: Results, out: Path) -> list[Path]:
    annotations, summary = out / "annotations.txt", out / "summary.md"
    with atomic(annotations) as file:
        for annotation in _first_of_each_kind(_annotations(results)):
            file.write(annotation.command() + "\n")
    with atomic(summary) as file:
        for part in _up_to(SUMMARY_BYTES, _summary(results)):
            file.write(part)
    return [annotations, summary]


def publish(
    out: Path, echo: Callable[[str], object] = print, environ: Mapping[str, str] = os.environ
) -> None:
    """If this runs in GitHub Actions, print the annotations and append the summary to the job's.

    A summary for which the step has no room left is left out, because GitHub would refuse all of it.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        for command in (out / "annotations.txt").read_text(encoding="utf-8").splitlines():
            echo(command)
    if environ.get("GITHUB_STEP_SUMMARY"):
        job = Path(environ["GITHUB_STEP_SUMMARY"])
        summary = (out / "summary.md").read_bytes()
        if (job.stat().st_size if job.exists() else 0) + len(summary) <= SUMMARY_BYTES:
            with job.open("ab") as file:
                file.write(summary)


def _annotations(results: Results) -> Iterator[Annotation]:
    several = len(list(islice(results(), 2))) > 1
    for result in results():
        whose = f"{line(result.submission)}: " if several else ""
        yield from (found._replace(title=whose + found.title) for found in _of_submission(result))


def _of_submission(result: SubmissionResult) -> Iterator[Annotation]:
    if result.status == "not_graded":
        yield Annotation("error", "not graded", standing(result))
    for exercise in result.exercises:
        if exercise.status == "graded":
            yield from (_of_cause(exercise, *group) for group in causes(exercise))
        elif exercise.status != "not_graded":
            yield _of_exercise(exercise)


def _of_cause(exercise: ExerciseResult, check: CheckResult, *others: CheckResult) -> Annotation:
    message = "\n".join(filter(None, [explain(check), same_reason(list(others))]))
    title = f"{exercise.id}: {heading(check)}"
    return Annotation("error", title, message or "it did not pass", exercise.file, check.line)


def _of_exercise(exercise: ExerciseResult) -> Annotation:
    """An exercise that could not be checked: it does not load, or nothing was written."""
    kind = "error" if exercise.status == "load_error" else "warning"
    at = next((check.line for check in exercise.checks if check.line), 0)
    return Annotation(kind, exercise.id, exercise.message or exercise.status, exercise.file, at)


def _first_of_each_kind(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """As many as GitHub shows, and how many more there are."""
    seen: Counter[str] = Counter()
    for annotation in annotations:
        seen[annotation.kind] += 1
        if seen[annotation.kind] <= SHOWN:
            yield annotation
    for kind, count in seen.items():
        if count > SHOWN:
            more = f"{count - SHOWN} more {kind}s: the summary of the job tells them"
            yield Annotation("notice", "dlex", more)


def _summary(results: Results) -> Iterator[str]:
    """A row per submission, then the report of each that has something to tell."""
    yield "| submission | status | points |\n| --- | --- | ---: |\n"
    for result in results():
        status = "not graded" if result.status == "not_graded" else "graded"
        yield f"| {cell_code(line(result.submission))} | {status} | {points(result)} |\n"
    for result in results():
        if not result.perfect:
            yield f"\n{report(result)}"


def _up_to(limit: int, parts: Iterable[str]) -> Iterator[str]:
    """Whole parts as long as they fit into `limit` bytes, and a line that says if some did not."""
    left = limit - ROOM_FOR_LAST_LINE
    for part in parts:
        left -= len(part.encode())
        if left < 0:
            yield "\n\nThere is more than GitHub shows here: see the other files of this run.\n"
            return
        yield part


def _data(text: str) -> str:
    """What GitHub decodes after the second `::`. `##[` begins a command of older runners."""
    text = text.replace("##[", "# #[")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
