"""The report on one exercise as HTML that needs no style sheet and holds no script."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from dlex.language import _
from dlex.notebooks.picture import tables
from dlex.report.html import MARKED_ENTRY
from dlex.results.formats.words import causes, explain, heading, listed, points, same_reason, spoken
from dlex.results.records import CheckResult, ExerciseResult

MARKS = {"passed": ("✓", "#1a7f37"), "not_attempted": ("·", "#6e7781"), "not_graded": ("–", "#6e7781")}
WRONG = "✗", "#cf222e"
OUTPUT_LINES, OUTPUT_WIDTH = 20, 200


def report(result: ExerciseResult, *, tables: bool = False, pictures: Iterable[str] = ()) -> str:
    """Points, checks, and what went wrong; with `tables`, counterexamples as coloured tables too.

    `pictures` of the whole answer are HTML or SVG that is shown as it is.
    """
    return f"<div>{''.join(_parts(result, tables))}{''.join(pictures)}</div>"


def message(text: str) -> str:
    """A text by itself."""
    return f"<div>{_pre(text)}</div>"


def paragraph(text: str) -> str:
    """A sentence above a report; nothing without a text."""
    return f"<p>{_escape(text)}</p>" if text else ""


def _parts(result: ExerciseResult, coloured: bool) -> Iterator[str]:
    earned = _("{points} points").format(points=points(result))
    yield f"<p><b>{_escape(result.title)}</b>: {earned}</p>"
    if result.message:
        yield _pre(result.message)
    if result.status == "graded":
        yield f"<table>{''.join(map(_row, listed(result)))}</table>"
        for check, *others in causes(result):
            yield from _failure(check, others, coloured)
    if result.output.strip():
        told = _("It printed this, which never changes the grade:")
        yield f"<p>{told}</p>{_pre(_beginning(result.output))}"


def _row(check: CheckResult) -> str:
    mark, colour = MARKS.get(check.outcome, WRONG)
    cells = (
        f'<td style="color: {colour}; padding-right: 0.5em">{mark}</td>',
        f'<td style="text-align: left">{_escape(heading(check))}</td>',
        f'<td style="text-align: right; padding-left: 1em">{points(check)}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _failure(check: CheckResult, others: list[CheckResult], coloured: bool) -> Iterator[str]:
    told = explain(check)
    if not told:
        return
    yield f"<p><b>{_escape(heading(check))}</b>: {spoken(check.outcome)}</p>{_marked(told)}"
    if coloured and check.counterexample is not None:
        yield tables(check.counterexample)
    if others:
        yield f"<p>{_escape(same_reason(others))}</p>"


def _beginning(text: str) -> str:
    lines = text.strip("\n").split("\n")
    shown = [line[:OUTPUT_WIDTH] for line in lines[:OUTPUT_LINES]]
    if len(lines) > OUTPUT_LINES:
        shown.append(_("… and {count} more lines").format(count=len(lines) - OUTPUT_LINES))
    return "\n".join(shown)


def _pre(text: str) -> str:
    return f"<pre>{_escape(text)}</pre>"


def _marked(text: str) -> str:
    """A text in which entries that a report marks as wrong stand out."""
    return MARKED_ENTRY.sub(rf'<b style="color: {WRONG[1]}">\g<0></b>', _pre(text))


def _escape(text: str) -> str:
    return html.escape(text.strip("\n"))
