"""The report on one exercise as HTML that needs no style sheet and holds no script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from dlex.notebooks.picture import tables
from dlex.results.formats.words import causes, explain, heading, points, same_reason, spoken
from dlex.results.records import CheckResult, ExerciseResult

MARKS = {"passed": ("✓", "#1a7f37"), "not_attempted": ("·", "#6e7781"), "not_graded": ("–", "#6e7781")}
WRONG = "✗", "#cf222e"
OUTPUT_LINES, OUTPUT_WIDTH = 20, 200
_MARKED = re.compile(r"&gt;([^&<>\s]+)&lt;")


def report(result: ExerciseResult, *, pictures: bool = False) -> str:
    """Points, checks, and what went wrong; with `pictures`, tensors as coloured tables too."""
    return f"<div>{''.join(_parts(result, pictures))}</div>"


def message(text: str) -> str:
    """A text by itself."""
    return f"<div>{_pre(text)}</div>"


def _parts(result: ExerciseResult, pictures: bool) -> Iterator[str]:
    yield f"<p><b>{_escape(result.title)}</b>: {points(result)} points</p>"
    if result.message:
        yield _pre(result.message)
    if result.status == "graded":
        yield f"<table>{''.join(map(_row, result.checks))}</table>"
        for check, *others in causes(result):
            yield from _failure(check, others, pictures)
    if result.output.strip():
        yield f"<p>It printed this, which never changes the grade:</p>{_pre(_beginning(result.output))}"


def _row(check: CheckResult) -> str:
    mark, colour = MARKS.get(check.outcome, WRONG)
    cells = (
        f'<td style="color: {colour}; padding-right: 0.5em">{mark}</td>',
        f'<td style="text-align: left">{_escape(heading(check))}</td>',
        f'<td style="text-align: right; padding-left: 1em">{points(check)}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _failure(check: CheckResult, others: list[CheckResult], pictures: bool) -> Iterator[str]:
    told = explain(check)
    if not told:
        return
    yield f"<p><b>{_escape(heading(check))}</b>: {spoken(check.outcome)}</p>{_marked(told)}"
    if pictures and check.counterexample is not None:
        yield tables(check.counterexample)
    if others:
        yield f"<p>{_escape(same_reason(others))}</p>"


def _beginning(text: str) -> str:
    lines = text.strip("\n").split("\n")
    more = [f"… and {len(lines) - OUTPUT_LINES} more lines"] if len(lines) > OUTPUT_LINES else []
    return "\n".join([*(line[:OUTPUT_WIDTH] for line in lines[:OUTPUT_LINES]), *more])


def _pre(text: str) -> str:
    return f"<pre>{_escape(text)}</pre>"


def _marked(text: str) -> str:
    """A text in which entries that a report marks as wrong stand out."""
    return _MARKED.sub(rf'<b style="color: {WRONG[1]}">\g<0></b>', _pre(text))


def _escape(text: str) -> str:
    return html.escape(text.strip("\n"))
