"""How much of a hidden check's result a learner gets to see. Every output goes through here."""

from __future__ import annotations

import msgspec

from dlex.results.records import CheckResult, Counterexample, SubmissionResult

BRIEF = {
    "failed": "the answer is wrong",
    "error": "it raised an exception",
    "timeout": "it did not answer in time",
    "crashed": "the process that ran it is gone",
}


def redact(check: CheckResult, level: str) -> CheckResult:
    """A hidden check as the feedback level shows it. Visible checks stay whole.

    full: everything · counterexample: the call and what came back, not what was expected ·
    diagnosis: the named mistake and the hint · name: only which check it was · none: not even that
    """
    if not check.hidden or level == "full":
        return check
    shown = check
    if level == "counterexample" and check.counterexample is not None:
        seen = check.counterexample
        shown = msgspec.structs.replace(
            shown, counterexample=Counterexample(seen.call, seen.arguments, seen.got)
        )
        return shown
    shown = msgspec.structs.replace(
        shown, counterexample=None, message=_brief(check), operations=None
    )
    if level in ("counterexample", "diagnosis"):
        return shown
    shown = msgspec.structs.replace(shown, mistake=None, hint="")
    if level == "name":
        return shown
    return msgspec.structs.replace(shown, name="hidden", title="a hidden check", message="")


def for_learner(result: SubmissionResult, levels: dict[str, str]) -> SubmissionResult:
    """A result with every hidden check redacted; `levels` maps "exercise:check" to its level."""
    exercises = [
        msgspec.structs.replace(
            exercise,
            checks=[redact(check, levels[f"{exercise.id}:{check.name}"]) for check in exercise.checks],
        )
        for exercise in result.exercises
    ]
    return msgspec.structs.replace(result, exercises=exercises)


def _brief(check: CheckResult) -> str:
    """The kind of failure, without its numbers."""
    return check.message if check.outcome in ("forbidden", "not_attempted") else BRIEF.get(check.outcome, "")
