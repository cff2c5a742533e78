"""Markdown: a report per submission.

A learner's text only stands where Markdown reads no markup, links or @mentions: in code spans and in
fenced blocks, behind fences that it cannot close. Everything else is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlex.files import atomic
from dlex.results.formats import Results
from dlex.results.formats.names import file_names
from dlex.results.formats.words import (
    causes,
    cut,
    explain,
    heading,
    line,
    listed,
    points,
    same_reason,
    spoken,
)
from dlex.results.records import CheckResult, ExerciseResult, SubmissionResult

_MARKUP = re.compile(r"([\\`*_{}\[\]<>&#|!~$])")


def write(results: Results, out: Path) -> list[Path]:
    paths = [out / f"{stem}.report.md" for stem in file_names(result.submission for result in results())]
    for path, result in zip(paths, results(), strict=True):
        with atomic(path) as file:
            file.write(report(result))
    return paths


def report(result: SubmissionResult) -> str:
    """The report of a submission: points, a table of exercises, then what went wrong in each."""
    rows = ([f"{exercise.id} {exercise.title}", spoken(exercise.status), points(exercise)]
            for exercise in result.exercises)  # fmt: skip
    parts = [f"# {code(line(result.submission))}", standing(result)]
    parts += [table(["exercise", "status", "points"], rows)] if result.exercises else []
    parts += [part for exercise in result.exercises for part in _exercise(exercise)]
    return "\n\n".join(parts) + "\n"


def standing(result: SubmissionResult) -> str:
    """The points or, if there are none, why."""
    if result.status == "not_graded":
        return f"**Not graded.** This is not your fault.\n\n{fenced(result.reason)}"
    return f"**{result.score:g} of {result.max_score:g} points**"


def _exercise(exercise: ExerciseResult) -> Iterator[str]:
    yield f"## {escape(exercise.id)}: {escape(exercise.title)}"
    if exercise.file:
        yield f"File: {code(line(exercise.file))}"
    if exercise.message:
        yield fenced(exercise.message)
    if exercise.status == "graded":
        rows = ([heading(check), spoken(check.outcome), points(check)] for check in listed(exercise))
        yield table(["check", "outcome", "points"], rows)
        yield from (part for group in causes(exercise) for part in _failure(*group))
    if exercise.output.strip():
        yield f"It printed this, which never changes the grade:\n\n{fenced(exercise.output)}"


def _failure(check: CheckResult, *others: CheckResult) -> Iterator[str]:
    explanation = explain(check)
    if not explanation:
        return
    where = f", line {check.line}" if check.line else ""
    yield f"### {escape(heading(check))}: {spoken(check.outcome)}{where}"
    yield fenced(explanation)
    if others:
        yield escape(same_reason(list(others)))


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """A table, the last column aligned to the right; cells are plain text."""
    ruler = ["---"] * (len(head) - 1) + ["---:"]
    body = [[escape(cell.replace("|", "¦")) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ruler, *body])


def escape(text: str) -> str:
    r"""An author's text as it is, without any markup, on one line, but not at the beginning of one.

    >>> escape("a_b <i>")
    'a\\_b \\<i\\>'
    """
    return _MARKUP.sub(r"\\\1", line(text, 1000))


def code(text: str) -> str:
    """A learner's text of one line as a code span that it cannot close.

    >>> code("a`b")
    '`` a`b ``'
    """
    ticks = "`" * (_longest_run(text) + 1)
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text.strip() or ' '}{space}{ticks}"


def cell_code(text: str) -> str:
    """The same for a cell of a table, where a `|` would end the code."""
    return code(text.replace("|", "¦"))


def fenced(text: str) -> str:
    """A learner's text as a block that it cannot close."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{cut(text)}\n{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
