"""From a failure to what a learner reads: what was called, what came back, what was expected, where
they part, and what to look at next."""

from __future__ import annotations

from dlex.course import Exercise
from dlex.grading.attempt import MissingFunction
from dlex.grading.calls import Functions
from dlex.grading.failures import CalledForbidden, CheckFailed, Died, Raised, SubmissionFailed
from dlex.grading.mistakes import Mistake, Reference
from dlex.grading.render import render_value
from dlex.grading.replay import Failure, FrozenCheck, Replay
from dlex.results.records import CheckResult, Counterexample, NamedMistake
from dlex.results.text import plain
from dlex.worker import values, wire

ADVICE = {  # by what the result is called
    "None": "Is there a `return` at the end of the function?",
    "a numpy.ndarray": "Stay with torch tensors: NumPy arrays carry no gradients and live on the CPU.",
    "a list": "Make it one tensor: torch.stack joins tensors of the same shape.",
    "a tuple": "Return the tensor alone.",
    "a coroutine": "Define the function with plain `def`, without `async`.",
    "a generator": "There is a `yield` in the function: use `return`.",
    "a function": "Call the inner function and return its result.",
    "a int": "Return a tensor: .item(), int() and float() leave torch.",
    "a float": "Return a tensor: .item(), int() and float() leave torch.",
}


def check_result(
    frozen: FrozenCheck, result: Replay, mistake: Mistake | None, exercise: Exercise, reference: Reference
) -> CheckResult:
    """The record of one check."""
    info = frozen.info
    failure = result.failure
    common = {
        "name": frozen.name,
        "title": info.title,
        "max_points": info.points,
        "hidden": info.hidden,
        "feedback": info.feedback,
        "operations": result.operations,
    }
    if failure is None:
        return CheckResult(outcome="passed", points=info.points, **common)
    return CheckResult(
        outcome=failure.error.outcome,
        points=0.0,
        message=plain(describe(failure.error, exercise)),
        hint=info.hint if failure.error.outcome == "failed" else "",
        counterexample=_counterexample(failure, reference),
        mistake=NamedMistake(mistake.name, mistake.explanation) if mistake else None,
        **common,
    )


def describe(error: CheckFailed | SubmissionFailed, exercise: Exercise) -> str:
    """What went wrong, in a sentence or two."""
    if isinstance(error, CheckFailed):
        return _with_advice(error)
    if isinstance(error, MissingFunction):
        return f"{exercise.name}.py defines no function {error.name}"
    if isinstance(error, CalledForbidden):
        where = f" ({error.where})" if error.where else ""
        instead = " ".join(group.instead for group in exercise.by_hand)
        return f"it uses {error.met.name}{where}, which this exercise asks you to write yourself. {instead}"
    if isinstance(error, Raised):
        if error.outcome == "not_attempted":
            return "not written yet: it raises NotImplementedError"
        where = f"\nat {error.where}" if error.where else ""
        return f"it raised {error.error.kind}: {error.error.message}{where}{_about(error)}"
    if isinstance(error, Died) and error.outcome == "timeout":
        return f"it was stopped: {error.detail}. Is there a loop that does not end?"
    return f"the process that ran it is gone: {error}"


def _with_advice(error: CheckFailed) -> str:
    difference = error.difference
    if difference.kind == "type":
        for beginning, advice in ADVICE.items():
            if f"is {beginning}" in difference.summary.split(", expected")[0]:
                return f"{difference.summary}. {advice}"
    return difference.summary


def _about(error: Raised) -> str:
    """A remark on exceptions that beginners meet."""
    kind, message = error.error.kind, error.error.message
    if kind == "SystemExit":
        return "\nexit() ends the whole program: return a result instead"
    if kind == "RecursionError":
        return "\nthe function calls itself without end"
    if "can't allocate memory" in message or kind == "MemoryError":
        return "\nit asked for more memory than a submission may use"
    if "leaf Variable that requires grad" in message:
        return "\nan argument is changed in place: make a new tensor instead"
    return ""


def _counterexample(failure: Failure, reference: Reference) -> Counterexample | None:
    request = failure.request
    if not isinstance(request, wire.Call):
        return None
    arguments = _arguments(request, reference)
    difference = getattr(failure.error, "difference", None)
    return Counterexample(
        call=f"{request.name}({', '.join(arguments)})",
        arguments={name: plain(text) for name, text in arguments.items()},
        got=plain(difference.got) if difference else "",
        expected=plain(difference.expected) if difference else "",
    )


def _arguments(request: wire.Call, reference: Reference) -> dict[str, str]:
    names = reference.parameters(request.name) if request.on is None else []
    names += [f"argument {k + 1}" for k in range(len(names), len(request.args))]
    sent = dict(zip(names, request.args, strict=False)) | request.kwargs
    return {name: _argument(message) for name, message in sent.items()}


def _argument(message: wire.Value) -> str:
    if isinstance(message, wire.Callback):
        return "a function"
    if isinstance(message, wire.Generator):
        return f"a generator seeded with {message.seed}"
    value = values.decode(message, lambda ref: Functions(None))
    view = isinstance(message, wire.Tensor) and message.stride is not None
    return render_value(value) + ("  (a non-contiguous view)" if view else "")
