"""Runs requests against a namespace of functions.

A worker runs a submission with it; the grader runs references and known mistakes with it, so that
all three are called in exactly the same way.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import torch

from dlex.worker import values, wire
from dlex.worker.errors import describe_error, type_name
from dlex.worker.items import collecting

_grad = torch.autograd.grad  # before an exercise takes it away from its submissions


class Executor:
    """Functions, the objects that they returned, and how to reach the grader's functions.

    `callback(id)` gives the function behind a `wire.Callback`; `filename` is the file whose lines
    tracebacks may show; `count` is a context manager that counts operations.
    """

    def __init__(
        self,
        namespace: dict[str, object],
        callback: Callable[[int], Callable],
        *,
        filename: str = "",
        count: Callable | None = None,
    ):
        self.namespace = namespace
        self.filename = filename
        self._callback = callback
        self._count = count
        self._objects: dict[int, object] = {}

    def run(self, request: wire.Call | wire.Attribute, sequence: int) -> wire.Reply:
        """Answer one request. Whatever the called code raises becomes part of the answer."""
        try:
            if isinstance(request, wire.Attribute):
                value = getattr(self._objects[request.on], request.name)
                return wire.Reply(sequence, self.encode(value))
            return self._call(request, sequence)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are answers as well
            return wire.Reply(sequence, error=describe_error(error, self.filename))

    def _call(self, request: wire.Call, sequence: int) -> wire.Reply:
        target = self._target(request)
        if request.collect is not None:
            target = collecting(target, request.collect)
        args = [self.decode(arg) for arg in request.args]
        kwargs = {name: self.decode(arg) for name, arg in request.kwargs.items()}
        if request.gradients is not None:
            value = target(*args, **kwargs)
            gradients = _backward(value, [*args, *kwargs.values()], request.gradients)
            return wire.Reply(sequence, self.encode(value), gradients=gradients)
        if request.observe:
            return self._observe(target, args, kwargs, sequence)
        return wire.Reply(sequence, self.encode(target(*args, **kwargs)))

    def _observe(self, target, args, kwargs, sequence: int) -> wire.Reply:
        before = _random_state()
        if self._count is None:
            value, operations = target(*args, **kwargs), 0
        else:
            with self._count() as counter:
                value = target(*args, **kwargs)
            operations = counter.operations
        moved = _random_state() != before
        arguments = [self.encode(arg) for arg in [*args, *kwargs.values()]]
        observed = wire.Observed(arguments, moved, operations)
        return wire.Reply(sequence, self.encode(value), observed=observed)

    def _target(self, request: wire.Call) -> Callable:
        if request.on is None:
            return self.namespace[request.name]
        target = self._objects[request.on]
        return getattr(target, request.name) if request.name else target

    def decode(self, message: wire.Value) -> object:
        """An argument as a value; handles and lent functions are looked up."""
        return values.decode(message, self._resolve, values.rebuild)

    def _resolve(self, message: wire.Ref | wire.Callback) -> object:
        if isinstance(message, wire.Ref):
            return self._objects[message.id]
        return self._callback(message.id)

    def encode(self, value: object) -> wire.Value:
        """A result as a message; what is no data stays here, behind a handle."""
        return values.encode(value, self._keep)

    def _keep(self, value: object) -> wire.Ref:
        number = len(self._objects) + 1
        self._objects[number] = value
        return wire.Ref(number, type_name(type(value)), _extra(value))


def _extra(value: object) -> str:
    """What a message about an unsendable value should say beyond its type."""
    if isinstance(value, torch.Tensor):
        layout = str(value.layout).removeprefix("torch.")
        return f"{layout} tensor of {value.dtype} on {value.device}"[:200]
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return f"shape {tuple(shape)}, {dtype}"[:200] if isinstance(shape, tuple) else ""


def _random_state() -> tuple:
    return torch.get_rng_state().numpy().tobytes(), random.getstate()


def _backward(value: object, arguments: list[object], weights: list[wire.Tensor]) -> list[wire.Tensor | None]:
    """Gradients of the weighted sum of the results with respect to every argument that wants one.

    A result that does not fit its weights (another shape, not differentiable) contributes nothing:
    the grader sees the shape anyway, and a missing gradient is reported as None. Results that are no
    floats have no weights.
    """
    wanted = [leaf for leaf in values.leaves(arguments) if leaf.requires_grad]
    outputs, upstream = [], []
    floats = [leaf for leaf in values.leaves(value) if leaf.is_floating_point()]
    for output, weight in zip(floats, weights, strict=False):
        if output.requires_grad and list(output.shape) == weight.shape:
            outputs.append(output)
            upstream.append(values.decode_tensor(weight).to(output.dtype))
    if not outputs or not wanted:
        return [None] * len(wanted)
    grads = _grad(outputs, wanted, upstream, allow_unused=True)
    return [None if grad is None else values.encode_tensor(grad) for grad in grads]
