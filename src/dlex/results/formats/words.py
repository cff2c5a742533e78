"""What a person reads about a result, as plain text: the one wording of all formats."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from dlex.language import N_, _
from dlex.results.records import CheckResult, ExerciseResult, NamedMistake, SubmissionResult, prominence

SPOKEN = {  # outcomes and statuses
    "passed": N_("passed"), "failed": N_("failed"), "error": N_("error"), "timeout": N_("timeout"),
    "crashed": N_("crashed"), "forbidden": N_("forbidden"), "not_attempted": N_("not attempted"),
    "not_graded": N_("not graded"), "graded": N_("graded"), "missing": N_("missing"),
    "load_error": N_("load error"),
}  # fmt: skip
NAME_LIMIT = 200
TEXT_LIMIT = 20_000


def line(text: str, limit: int = NAME_LIMIT) -> str:
    """A text as one line, not too long.

    >>> line("two \\n lines"), line("long", limit=3)
    ('two lines', 'lo…')
    """
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cut(text: str, limit: int = TEXT_LIMIT) -> str:
    """A text of several lines, not too long."""
    text = text.strip("\n").rstrip()
    return text if len(text) <= limit else text[:limit] + "\n" + _("… (cut here)")


def standing(result: SubmissionResult) -> str:
    """The points of a submission or, if it was not graded, why."""
    if result.status == "not_graded":
        told = _("Not graded: {reason}. This is not your fault.")
        return told.format(reason=line(result.reason, 1000).rstrip(".。"))
    return _("{score:g} of {most:g} points").format(score=result.score, most=result.max_score)


def points(scored: CheckResult | ExerciseResult | SubmissionResult) -> str:
    """Points earned and points possible; a dash for what was not graded, which is not a zero."""
    if isinstance(scored, CheckResult):
        lost, earned, most = scored.outcome == "not_graded", scored.points, scored.max_points
    else:
        lost, earned, most = scored.status == "not_graded", scored.score, scored.max_score
    return f"–/{most:g}" if lost else f"{earned:g}/{most:g}"


def heading(check: CheckResult) -> str:
    title = line(check.title)
    return _("{title} (hidden)").format(title=title) if check.hidden and check.name != "hidden" else title


def spoken(status: str) -> str:
    """An outcome or a status in words: "not_attempted" is "not attempted"."""
    return _(SPOKEN[status])


def explain(check: CheckResult) -> str:
    """What was called, what came back, what was expected, and the mistake or a hint.

    "" if the check passed or tells nothing.
    """
    return cut("\n".join(_row(label, text) for label, text in facts(check)))


def facts(check: CheckResult) -> Iterator[tuple[str, str]]:
    """The same as labels with their texts, in this order; nothing that is empty."""
    return ((label, text) for label, text in _facts(check) if text)


def _facts(check: CheckResult) -> Iterator[tuple[str, str]]:
    if check.outcome == "passed":
        return
    yield _("problem"), check.message
    seen = check.counterexample
    if seen is not None:
        yield _("called"), seen.call
        yield from ((f"{name} =", value) for name, value in seen.arguments.items())
        yield _("got"), seen.got
        yield _("expected"), seen.expected
    if check.mistake is not None:
        yield _("mistake"), mistake_in_words(check.mistake)
    else:
        yield _("hint"), check.hint


def mistake_in_words(mistake: NamedMistake) -> str:
    """A known mistake, by its name and in a sentence."""
    return _("{name}: {explanation}").format(name=mistake.name, explanation=mistake.explanation)


def _row(label: str, text: str) -> str:
    label = f"  {label}" if label.endswith("=") else _("{label}:").format(label=label)
    return f"{label}\n{textwrap.indent(text, '    ')}" if "\n" in text else f"{label} {text}"


def listed(exercise: ExerciseResult) -> list[CheckResult]:
    """The checks that a list shows: what is worth nothing belongs there only once it is passed."""
    return [check for check in exercise.checks if check.max_points or check.outcome == "passed"]


def causes(exercise: ExerciseResult) -> list[list[CheckResult]]:
    """Failing checks grouped by what went wrong, what tells most first.

    The same mistake or the same message is the same cause. Of a hidden check whose message was
    withheld the cause is unknown: it stands alone.
    """
    failing = [check for check in exercise.checks if check.outcome != "passed"]
    scored = [check for check in failing if check.max_points] or failing
    groups: dict[object, list[CheckResult]] = {}
    for check in sorted(scored, key=lambda check: prominence(check.name, check.hidden, check.max_points)):
        groups.setdefault(_cause(check), []).append(check)
    return list(groups.values())


def _cause(check: CheckResult) -> object:
    if check.mistake is not None:
        return check.outcome, check.mistake.name
    withheld = check.hidden and (check.outcome == "failed" or not check.message)
    return id(check) if withheld else (check.outcome, check.message)


def same_reason(others: list[CheckResult]) -> str:
    """The checks that fail for a reason already told; "" if there are none."""
    if not others:
        return ""
    lost = sum(check.max_points for check in others)
    told = _("For the same reason, {points:g} more points: {checks}")
    if lost == 1:
        told = _("For the same reason, 1 more point: {checks}")
    return told.format(points=lost, checks=_("; ").join(map(heading, others)))
