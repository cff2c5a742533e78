"""How much of a hidden check's result a learner gets to see. Every output goes through here."""

from __future__ import annotations

import msgspec

from dlex.language import N_, _
from dlex.results.records import CheckResult, Counterexample, ExerciseResult, SubmissionResult

BRIEF = {"failed": N_("the answer is wrong"), "passed": ""}


def redact(check: CheckResult) -> CheckResult:
    """A hidden check as its feedback level shows it. Visible checks stay whole.

    full: everything · counterexample: the call and what came back, not what was expected ·
    diagnosis: the named mistake and the hint · name: only which check it was · none: not even that
    """
    level, seen = check.feedback, check.counterexample
    if not check.hidden or level == "full":
        return check
    if level == "counterexample" and seen is not None:
        partial = Counterexample(seen.call, seen.arguments, seen.got)
        return msgspec.structs.replace(check, counterexample=partial, message=_brief(check))
    shown = msgspec.structs.replace(check, counterexample=None, message=_brief(check))
    if level in ("counterexample", "diagnosis"):
        return shown
    shown = msgspec.structs.replace(shown, mistake=None, hint="")
    if level == "name":
        return shown
    return msgspec.structs.replace(
        shown, name="hidden", title=_("a hidden check"), message="", operations=None, efficiency=None, line=0
    )


def for_learner(result: SubmissionResult) -> SubmissionResult:
    """A result with every hidden check redacted."""
    return msgspec.structs.replace(result, exercises=[_exercise(exercise) for exercise in result.exercises])


def _exercise(exercise: ExerciseResult) -> ExerciseResult:
    checks = [redact(check) for check in exercise.checks]
    output = exercise.output if all(map(_shows_calls, exercise.checks)) else ""
    return msgspec.structs.replace(exercise, checks=checks, output=output)


def _shows_calls(check: CheckResult) -> bool:
    """Whether learners may know what a check calls with: then they may print it, too."""
    return not check.hidden or check.feedback in ("full", "counterexample")


def _brief(check: CheckResult) -> str:
    """The kind of failure, without expected numbers.

    An exception's own words stay only where the arguments are shown anyway: a submission could
    raise them as its message.
    """
    if check.outcome == "error" and not _shows_calls(check):
        return check.message.split("\n")[0].split(":")[0]
    return _(BRIEF[check.outcome]) if check.outcome in BRIEF else check.message
