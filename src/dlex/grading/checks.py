"""`@check`: what turns a test function into a scored check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlex.course import LEVELS
from dlex.grading.failures import CheckFailed, Difference, Raised
from dlex.language import _

ATTRIBUTE = "dlex_check"


@dataclass(frozen=True)
class CheckInfo:
    """What a check is worth and what it tells."""

    points: float
    hidden: bool
    hint: str
    feedback: str | None
    title: str


def check(
    points: float = 1, *, hidden: bool = False, hint: str = "", feedback: str | None = None, title: str = ""
) -> Callable:
    """Mark a test function as a check.

    Args:
        points: what passing it is worth.
        hidden: learners see of it only what the feedback level allows.
        hint: a question or remark shown with a failure that no known mistake explains.
        feedback: full, counterexample, diagnosis, name or none; the course's default if left out.
        title: how reports call it; else the first line of the docstring, else the name in words.

    Example:
        >>> @check(points=2, hidden=True)
        ... def test_empty_batch(submission, reference):
        ...     '''An empty batch gives an empty result.'''
    """
    if feedback is not None and feedback not in LEVELS:
        raise ValueError(f"feedback is {feedback!r}, must be one of {', '.join(LEVELS)}")
    if not points >= 0:
        raise ValueError(f"points is {points!r}, must be 0 or more")

    def mark(function: Callable) -> Callable:
        words = function.__name__.removeprefix("test_").replace("_", " ")
        described = title or (function.__doc__ or "").strip().split("\n")[0].rstrip(".") or words
        setattr(function, ATTRIBUTE, CheckInfo(points, hidden, hint, feedback, described))
        return function

    return mark


def assert_raises(error: str, function: Callable, *args: object, mentions: tuple[str, ...] = ()) -> None:
    """Fail unless calling a submission's function raises `error`, naming one of `mentions`: the first is
    the one that a learner is told of.

    >>> # assert_raises("ValueError", submission.dropout, X, 1.5, mentions=("p",))
    """
    try:
        value = function(*args)
    except Raised as failure:
        if error not in failure.error.bases:
            if failure.outcome == "not_attempted":
                raise
            summary = _("it raised {failure}, expected {error}").format(failure=failure, error=error)
        elif mentions and not any(name in failure.error.message for name in mentions):
            raise CheckFailed(_nameless(error, failure, mentions[0])) from None
        else:
            return
        raise CheckFailed(Difference("error", summary, str(failure), error)) from None
    from dlex.grading.render import render_value

    summary = _("it returned a result, expected {error}").format(error=error)
    raise CheckFailed(Difference("error", summary, render_value(value), error))


def _nameless(error: str, failure: Raised, name: str) -> Difference:
    """The right error, with a message that does not say what it is about."""
    message = failure.error.message
    summary = _("the {error} says {message}; it should name {name}")
    if not message:
        summary = _("the {error} has no message; it should name {name}")
    got = _("{failure}  (without naming {name})").format(failure=failure, name=repr(name))
    summary = summary.format(error=error, message=repr(message), name=repr(name))
    return Difference("error", summary, got, error)
