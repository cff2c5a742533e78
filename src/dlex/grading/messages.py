"""From a failure to what a learner reads: what was called, what came back, what was expected, where
they part, and what to look at next."""

from __future__ import annotations

import re

import msgspec

from dlex.course import ByHandGroup, Exercise
from dlex.grading.attempt import MissingFunction
from dlex.grading.calls import Functions
from dlex.grading.compare import GRADIENT_OF, RESULT, TENSOR, called
from dlex.grading.devices import explain, mistake_of
from dlex.grading.failures import (
    CalledForbidden,
    CheckFailed,
    Died,
    Difference,
    Raised,
    SubmissionFailed,
)
from dlex.grading.mistakes import Mistake, Reference
from dlex.grading.render import render_value
from dlex.grading.replay import Failure, FrozenCheck, Replay
from dlex.language import N_, _
from dlex.results.records import CheckResult, Counterexample, Efficiency, NamedMistake
from dlex.results.text import plain
from dlex.worker import values, wire
from dlex.worker.by_hand import function_name, kernel_name

ADVICE = {  # by the beginning of the type of the result
    "None": N_("Is there a `return` at the end of the function?"),
    "coroutine": N_("Define the function with plain `def`, without `async`."),
    "generator": N_("A `yield`, or round brackets around a `for`, makes a generator: return what it gives."),
    "function": N_("Call the inner function and return its result."),
}
TENSOR_ADVICE = {  # the same, where a tensor is expected
    "numpy.ndarray": N_("Stay with torch tensors: NumPy arrays carry no gradients and live on the CPU."),
    "list": N_("Make it one tensor: torch.stack joins tensors of the same shape."),
    "tuple": N_("Return the tensor alone."),
    "int": N_("Return a tensor: .item(), int() and float() leave torch."),
    "float": N_("Return a tensor: .item(), int() and float() leave torch."),
    "Tensor (sparse": N_("Return an ordinary tensor: .to_dense() makes one."),
}
KEEP_GRADIENTS = N_(
    "Look for what leaves torch on the way: .item(), .tolist(), .numpy(), .detach(), .data, no_grad, "
    "torch.tensor(...)."
)
SAME_DTYPE = N_(
    "New tensors need `dtype=` of an argument; .float(), .double() and Python's numbers change it."
)

REMARKS = {  # by the exception, or a base of it
    "SystemExit": N_("exit() ends the whole program: return a result instead"),
    "RecursionError": N_("the function calls itself without end"),
    "MemoryError": N_("it asked for more memory than a submission may use"),
    "ModuleNotFoundError": N_(
        "use torch, NumPy and Python's own modules; other files of yours are not there"
    ),
    "TabError": N_("indent with spaces only, four for each level"),
    "OSError": N_("where it runs there are no files of yours, no network and no other programs"),
}
WORDS = {  # by a part of the exception's message
    "torch.return_types.": N_(
        "with dim=, max, min, median and sort return two tensors, the values and their places: .values is "
        "the first"
    ),
    "Boolean value of Tensor with more than one value": N_(
        "if, and, or, not and Python's own max and min want a single True or False: is there a function of "
        "torch for whole tensors?"
    ),
    "must match the size of tensor b": N_(
        "print both shapes: they are lined up from their last axes, and two sizes that meet must be equal, "
        "or one of them 1"
    ),
    "shapes cannot be multiplied": N_(
        "print both shapes: in a matrix product, the inner two sizes must be equal; * multiplies entry by "
        "entry"
    ),
    "the number of sizes provided (0) must be greater": N_(
        "one entry of a tensor holds one number: print the shape of what is stored there"
    ),
}
LATER = N_("efficiency counts once every other check is passed")
ENDS = {  # by the cause of the process's end
    "printed": N_("Is there a print in a loop?"),
    "exited": N_("os._exit and the like end the whole program: return a result instead."),
    "SIGSEGV": N_("It broke its own memory: look for ctypes, as_strided or very deep recursion."),
    "gpu memory": N_("Is there a tensor that holds more than the result needs?"),
}


def check_result(
    frozen: FrozenCheck,
    result: Replay,
    mistake: Mistake | None,
    exercise: Exercise,
    reference: Reference,
    source: bytes = b"",
) -> CheckResult:
    """The record of one check; `source` is the learner's file, for the line that it concerns."""
    info = frozen.info
    failure = result.failure
    common = {
        "name": frozen.name,
        "title": exercise.say(info.title),
        "max_points": info.points,
        "hidden": info.hidden,
        "feedback": info.feedback,
    }
    if failure is None:
        return _passed(common, result.efficiency)
    fault = failure.error.fault
    message = (
        describe(failure.error, exercise) if fault is None else explain(fault, _tensor(failure, reference))
    )
    explained = mistake and NamedMistake(
        mistake.name, exercise.say(mistake.explanation), exercise.say(mistake.hint)
    )
    named = explained or (fault and mistake_of(fault))
    line = failure.error.line or (fault.made_line if fault else 0)
    return CheckResult(
        outcome=failure.error.outcome,
        points=0.0,
        message=plain(message),
        hint=exercise.say(info.hint) if failure.error.outcome == "failed" else "",
        counterexample=_counterexample(failure, reference, withheld=info.hidden),
        mistake=named,
        line=line or line_of_function(source, getattr(failure.request, "name", "")),
        **common,
    )


def _passed(common: dict[str, object], cost: Efficiency | None) -> CheckResult:
    """A check that was passed; where efficiency is worth points, growing costs fail it."""
    points = common["max_points"]
    if cost is None:
        return CheckResult(outcome="passed", points=points, **common)
    common |= {"operations": cost.operations, "efficiency": cost}
    if points and cost.grows:
        return CheckResult(outcome="failed", points=0.0, message=cost.told, **common)
    return CheckResult(outcome="passed", points=points, **common)


def once_all_else_is_right(checks: list[CheckResult]) -> list[CheckResult]:
    """The checks of an exercise, those of efficiency only where all others were passed: before that,
    there is nothing to make quicker."""
    wrong = any(check.outcome != "passed" and check.efficiency is None for check in checks)
    return [_withheld(check) if wrong and check.efficiency else check for check in checks]


def _withheld(check: CheckResult) -> CheckResult:
    told = {"outcome": "failed", "points": 0.0, "message": _(LATER)} if check.max_points else {"message": ""}
    return msgspec.structs.replace(check, operations=None, efficiency=None, **told)


def _tensor(failure: Failure, reference: Reference) -> str:
    """The name of an argument that is a tensor."""
    if not isinstance(failure.request, wire.Call):
        return "X"
    sent = _sent(failure.request, reference)
    return next((name for name, message in sent.items() if isinstance(message, wire.Tensor)), "X")


def line_of_function(source: bytes, name: str) -> int:
    """The line at which a file defines a function or class; 0 if it does not.

    >>> line_of_function(b"import torch\\n\\ndef softmax(X):\\n    ...", "softmax")
    3
    """
    beginning = re.compile(rb"\s*(?:def|class)\s+" + re.escape(name.encode()) + rb"\b")
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines, 1) if name and beginning.match(line)), 0)


def describe(error: CheckFailed | SubmissionFailed, exercise: Exercise) -> str:
    """What went wrong, in a sentence or two."""
    if isinstance(error, CheckFailed):
        return _with_advice(error)
    if isinstance(error, MissingFunction):
        told = _("{file} defines no function {name}")
        return told.format(file=f"{exercise.name}.py", name=error.name)
    if isinstance(error, CalledForbidden):
        met = error.met.name
        if error.where:
            met = _("{where} ({told})").format(where=met, told=error.where)
        instead = " ".join(group.instead for group in exercise.by_hand if _stands_for(group, error.met.name))
        told = _("it uses {met}, which this exercise asks you to write yourself. {instead}")
        return told.format(met=met, instead=instead)
    if isinstance(error, Raised):
        return _raised(error)
    if isinstance(error, Died) and error.outcome == "timeout":
        return _("it was stopped: {detail}. Is there a loop that does not end?").format(detail=error.detail)
    gone = _("the process that ran it is gone: {detail}.").format(detail=error)
    advice = _(ENDS.get(getattr(error, "cause", ""), ""))
    return _("{sentence} {advice}").format(sentence=gone, advice=advice) if advice else gone


def _stands_for(group: ByHandGroup, name: str) -> bool:
    """Whether a group took away what was met under this name."""
    if name.startswith("import "):
        return name.removeprefix("import ").split(".")[0] in group.modules
    return name in map(kernel_name, group.kernels) or name in map(function_name, group.functions)


def _with_advice(error: CheckFailed) -> str:
    difference = error.difference
    summary, (got, wanted) = difference.summary, difference.types
    if difference.what.startswith(GRADIENT_OF) and got == "None":
        name = difference.what.removeprefix(GRADIENT_OF)
        summary = _("no gradient reaches {name}: the result is cut off from it").format(name=name)
        return _advised(summary, KEEP_GRADIENTS)
    if difference.kind == "gradient":
        return _advised(summary, KEEP_GRADIENTS)
    if difference.kind == "dtype" and "float" in wanted:
        return _advised(summary, SAME_DTYPE)
    if difference.kind == "type":
        table = ADVICE | (TENSOR_ADVICE if wanted == TENSOR else {})
        advice = (advice for beginning, advice in table.items() if got.startswith(beginning))
        return _advised(summary, next(advice, ""))
    return summary


def _advised(summary: str, advice: str) -> str:
    return _("{summary}. {advice}").format(summary=summary, advice=_(advice)) if advice else summary


def _raised(error: Raised) -> str:
    """An exception: which, where, and a remark if beginners meet it."""
    if error.outcome == "not_attempted":
        return _("not written yet: it raises NotImplementedError")
    kind, message = error.error.kind, error.error.message
    asked = re.search(r"you tried to allocate (\d+) bytes", message)
    if asked:
        message = _("no room for a tensor of {size:.1f} GB").format(size=int(asked[1]) / 1e9)
    happened = kind if "SyntaxError" in error.error.bases else _("it raised {kind}").format(kind=kind)
    where = _("at {where}").format(where=error.where) if error.where else ""
    lines = [f"{happened}: {message}" if message else happened, where, _remark(error)]
    return "\n".join(line for line in lines if line)


def _remark(error: Raised) -> str:
    """What to look at, for exceptions that beginners meet."""
    message, bases = error.error.message, error.error.bases
    if "allocate memory" in message:
        bases = ["MemoryError"]
    if "leaf Variable that requires grad" in message:
        return _("an argument is changed in place: make a new tensor instead")
    if re.search(r"invalid (non-printable )?character", message):
        return _("punctuation and spaces of code are half-width: switch the input method to English")
    if "null bytes" in message or "unicode error" in message or "(unicode" in message:
        return _("the file is not plain text: save it as UTF-8")
    if "TypeError" in bases and not error.error.frames and "argument" in message:
        return _("the grader calls it as the stub shows: keep the parameters of the stub")
    told = next((remark for words, remark in WORDS.items() if words in message), "")
    return _(told or next((remark for kind, remark in REMARKS.items() if kind in bases), ""))


def _counterexample(failure: Failure, reference: Reference, withheld: bool) -> Counterexample | None:
    """The call and what came back, which has to speak for itself where the message is `withheld`."""
    request = failure.request
    if not isinstance(request, wire.Call):
        return None
    arguments = _arguments(request, reference)
    difference = getattr(failure.error, "difference", None)
    call = f"{request.name}({', '.join(arguments)})"
    return Counterexample(
        call=f"list({call})" if request.collect is not None else call,
        arguments={name: plain(text) for name, text in arguments.items()},
        got=plain(_in_words(difference) if withheld else difference.got) if difference else "",
        expected=plain(difference.expected) if difference else "",
    )


def _in_words(difference: Difference) -> str:
    """What came back, and what it is, if not the result; never what was expected."""
    if difference.kind == "statistics":
        return difference.got or difference.summary
    if difference.what in ("", RESULT):
        return difference.got
    between = "\n" if "\n" in difference.got else " "
    return _("{what}:").format(what=called(difference.what)) + between + difference.got


def _arguments(request: wire.Call, reference: Reference) -> dict[str, str]:
    return {name: _argument(message) for name, message in _sent(request, reference).items()}


def _sent(request: wire.Call, reference: Reference) -> dict[str, wire.Value]:
    """The arguments by name, in the order in which the function names them."""
    names = reference.parameters(request.name) if request.on is None else []
    names += [_("argument {number}").format(number=k + 1) for k in range(len(names), len(request.args))]
    sent = dict(zip(names, request.args, strict=False)) | request.kwargs
    return {name: sent[name] for name in names if name in sent} | sent


def _argument(message: wire.Value) -> str:
    if isinstance(message, wire.Callback):
        return _("a function")
    if isinstance(message, wire.Generator):
        return _("a generator seeded with {seed}").format(seed=message.seed)
    value = values.decode(message, lambda ref: Functions(None))
    view = isinstance(message, wire.Tensor) and message.stride is not None
    text = render_value(value)
    return _("{value}  (a non-contiguous view)").format(value=text) if view else text
