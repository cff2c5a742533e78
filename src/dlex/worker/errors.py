"""What a worker says about an exception: text only, capped, and never raising itself."""

from __future__ import annotations

import linecache
import traceback

from dlex.worker import wire


def type_name(kind: type) -> str:
    """`numpy.ndarray`, but `ValueError` and `Tensor`: the name a learner would use."""
    module = str(getattr(kind, "__module__", "")).split(".")[0]
    name = str(getattr(kind, "__qualname__", "?"))[:150]
    return name if module in ("builtins", "torch", "submission", "") else f"{module}.{name}"


def describe_error(error: BaseException, filename: str) -> wire.Error:
    """Type, message and the lines of `filename` that an exception passed through."""
    try:
        message = str(error)
    except BaseException:  # str() of a learner's exception may raise anything
        message = "(its message cannot be shown: str() of the exception raised)"
    bases = [base.__name__[:200] for base in type(error).__mro__[:50]]
    frames = [
        wire.Frame(frame.lineno or 0, frame.name[:200], (frame.line or "")[:200])
        for frame in traceback.extract_tb(error.__traceback__, limit=-200)
        if frame.filename == filename
    ]
    if isinstance(error, SyntaxError) and error.filename == filename:
        line = error.lineno or 0
        frames.append(wire.Frame(line, "", linecache.getline(filename, line).strip()[:200]))
        message = str(error.msg)
    return wire.Error(type_name(type(error)), bases, message[:2000], frames[-20:])
