"""Backends that run trusted functions in this process: the reference, or a known mistake.

Local      runs functions as they are
Oracle     runs them in float64 and rounds results back: right to the last digit
Memory     an oracle that computes each answer once, for all submissions
Recorder   an oracle that writes down what it was asked
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from dlex.worker import values, wire
from dlex.worker.executor import Executor

_LOW = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


class Local:
    """Runs functions as they are. There is no GPU here: what a call asks of one is done on the CPU, and
    its answer counts as if it had been given there."""

    def __init__(self, functions: dict[str, Callable]):
        self._lent: dict[int, Callable] = {}
        self._executor = Executor(functions, self._lend_back, filename=_file_of(functions))

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        reply = self._executor.run(request, 0)
        on_cpu = isinstance(request, wire.Attribute) or request.device == wire.CPU
        return reply if on_cpu else values.labelled(reply, request.device)

    def lend(self, function: Callable) -> wire.Callback:
        self._lent[len(self._lent)] = function
        return wire.Callback(len(self._lent) - 1)

    def _lend_back(self, number: int) -> Callable:
        return self._lent[number]


class Oracle(Local):
    """Raises float arguments to float64 and rounds results to the dtype that the inputs have."""

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        if isinstance(request, wire.Attribute):
            return super().ask(request)
        dtype = _promoted([*request.args, *request.kwargs.values()])
        if dtype is None or request.measure:  # costs are those of the dtype that was asked for
            return super().ask(request)
        raised = wire.Call(
            request.name,
            [values.map_tensors(arg, _to_float64) for arg in request.args],
            {name: values.map_tensors(arg, _to_float64) for name, arg in request.kwargs.items()},
            request.on,
            None if request.gradients is None else [_to_float64(g) for g in request.gradients],
            request.observe,
            request.device,
            request.collect,
            request.measure,
        )
        return _rounded(super().ask(raised), dtype)


class Memory(Oracle):
    """Remembers answers in `known`, unless they hold an object, which is never the same twice."""

    def __init__(self, functions: dict[str, Callable], known: dict[bytes, wire.Reply]):
        super().__init__(functions)
        self._known = known

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        key = wire.encode(request)
        reply = self._known.get(key)
        if reply is None:
            reply = super().ask(request)
            if _is_data(request) and not _holds_object(reply.value):
                self._known[key] = reply
        return reply


class Recorder(Oracle):
    """Writes down the calls that can be foreseen: plain data in, up to the first that is not."""

    def __init__(self, functions: dict[str, Callable]):
        super().__init__(functions)
        self.requests: list[bytes] = []
        self._foreseeable = True

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        self._foreseeable = self._foreseeable and _is_data(request)
        if self._foreseeable:
            self.requests.append(wire.encode(request))
        return super().ask(request)


def _file_of(functions: dict[str, Callable]) -> str:
    """The file whose lines a traceback may show: the first one that a function is written in."""
    codes = (getattr(function, "__code__", None) for function in functions.values())
    return next((code.co_filename for code in codes if code is not None), "")


def _is_data(request: wire.Call | wire.Attribute) -> bool:
    if isinstance(request, wire.Attribute) or request.on is not None:
        return False
    return not any(_holds_object(arg) for arg in [*request.args, *request.kwargs.values()])


def _holds_object(message: wire.Value) -> bool:
    if isinstance(message, (wire.List, wire.Tuple)):
        return any(_holds_object(item) for item in message.items)
    if isinstance(message, wire.Dict):
        return any(_holds_object(item) for item in message.items.values())
    return isinstance(message, (wire.Ref, wire.Callback))


def _tensors(message: wire.Value) -> list[wire.Tensor]:
    if isinstance(message, wire.Tensor):
        return [message]
    if isinstance(message, (wire.List, wire.Tuple)):
        return [tensor for item in message.items for tensor in _tensors(item)]
    if isinstance(message, wire.Dict):
        return [tensor for item in message.items.values() for tensor in _tensors(item)]
    return []


def _promoted(arguments: list[wire.Value]) -> torch.dtype | None:
    """The dtype that the low-precision floats among the arguments promote to; None if there are
    none, or if some float64 among them settles the matter."""
    names = {tensor.dtype for argument in arguments for tensor in _tensors(argument)}
    low = [_LOW[name] for name in sorted(names & _LOW.keys())]
    if not low or names & {"float64", "complex128"}:
        return None
    dtype = low[0]
    for other in low[1:]:
        dtype = torch.promote_types(dtype, other)
    return dtype


def _to_float64(message: wire.Tensor) -> wire.Tensor:
    if message.dtype not in _LOW:
        return message
    tensor = values.rebuild(message).detach().double().requires_grad_(message.requires_grad)
    return values.encode_tensor(tensor, layout=True)


def _rounded(reply: wire.Reply, dtype: torch.dtype) -> wire.Reply:
    def back(message: wire.Tensor) -> wire.Tensor:
        if message.dtype != "float64":
            return message
        rounded = values.encode_tensor(values.decode_tensor(message).to(dtype))
        rounded.device = message.device
        return rounded

    reply.value = values.map_tensors(reply.value, back)
    if reply.gradients is not None:
        reply.gradients = [None if grad is None else back(grad) for grad in reply.gradients]
    if reply.observed is not None:
        reply.observed.arguments = [values.map_tensors(arg, back) for arg in reply.observed.arguments]
    return reply
