"""Runs requests against a namespace of functions.

A worker runs a submission with it; the grader runs references and known mistakes with it, so that
all three are called in exactly the same way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch

from dlex.worker import values, wire
from dlex.worker.errors import describe_error, type_name
from dlex.worker.items import collecting
from dlex.worker.operations import measured

_grad = torch.autograd.grad  # before an exercise takes it away from its submissions
_torchs, _random, _getstate = torch.default_generator, random.random, random.getstate


@dataclass(frozen=True)
class Done:
    """A call that returned: its result, its arguments, and what else was asked for."""

    value: object
    arguments: list[object]
    gradients: list[torch.Tensor | None] | None = None
    random_state_moved: bool = False
    drew: list[bool] | None = None
    cost: wire.Cost | None = None


class Device(Protocol):
    """Where calls run that ask for another device than the CPU."""

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy there of a CPU tensor, with its strides and its requires_grad flag."""

    def unwrap(self, tensor: torch.Tensor) -> tuple[torch.Tensor, str]:
        """A tensor that can be sent, and the name of the device that it was on."""

    def generator(self, seed: int) -> torch.Generator:
        """A generator to hand to a submission there."""

    def measured(self, call: Callable[[], object]) -> tuple[object, wire.Cost]:
        """What a call there returns, and what it costs."""

    def run(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        """Answer a call there. May raise what the call raised."""


class Executor:
    """Functions, the objects that they returned, and how to reach the grader's functions.

    `callback(id)` gives the function behind a `wire.Callback`; `filename` is the file whose lines
    tracebacks may show; `gpu` is the device for calls that ask for one, which run on the CPU if there is
    none.
    """

    def __init__(
        self,
        namespace: dict[str, object],
        callback: Callable[[int], Callable],
        *,
        filename: str = "",
        gpu: Device | None = None,
    ):
        self.namespace = namespace
        self.filename = filename
        self._callback = callback
        self._gpu = gpu
        self._device: Device | None = None  # of the call that is running; None is the CPU
        self._objects: dict[int, object] = {}

    def run(self, request: wire.Call | wire.Attribute, sequence: int) -> wire.Reply:
        """Answer one request. Whatever the called code raises becomes part of the answer."""
        try:
            if isinstance(request, wire.Attribute):
                value = getattr(self._objects[request.on], request.name)
                return wire.Reply(sequence, self.encode(value))
            if self._gpu is not None and request.device == wire.GPU:
                return self._gpu.run(self, request, sequence)
            return self.reply(request, self.call(request), sequence)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are answers as well
            return wire.Reply(sequence, error=describe_error(error, self.filename))

    @contextmanager
    def on(self, device: Device) -> Iterator[None]:
        """Within it, tensors come from this device and go to it."""
        self._device = device
        try:
            yield
        finally:
            self._device = None

    def call(self, request: wire.Call, namespace: dict[str, object] | None = None) -> Done:
        """Make a call, with the backward pass or the observations that it asks for.

        `namespace` holds the functions, if not those that this executor was made with.
        """
        target, args, kwargs = self._decoded(request, self.namespace if namespace is None else namespace)
        arguments = [*args, *kwargs.values()]
        if request.observe:
            return self._observed(lambda: target(*args, **kwargs), arguments)
        if request.measure:
            measure = measured if self._device is None else self._device.measured
            value, cost = measure(lambda: target(*args, **kwargs))
            return Done(value, arguments, cost=cost)
        if request.gradients is None:
            return Done(target(*args, **kwargs), arguments)
        wanted = [leaf for leaf in values.leaves(arguments) if leaf.requires_grad]  # a call may change that
        value = target(*args, **kwargs)
        weights = [self._put(values.decode_tensor(weight)) for weight in request.gradients]
        return Done(value, arguments, _backward(value, wanted, weights))

    def _observed(self, call: Callable[[], object], arguments: list[object]) -> Done:
        """A call, and which random numbers it drew."""
        generators = [_torchs, *(a for a in arguments if isinstance(a, torch.Generator))]
        _torchs.manual_seed((_torchs.initial_seed() + 1) % (1 << 63))  # else a seed that every call sets
        _random()  # would leave no trace
        before = [_getstate(), *map(_state, generators)]
        value = call()
        after = [_getstate(), *map(_state, generators)]
        moved = [one != other for one, other in zip(before, after, strict=True)]
        return Done(value, arguments, random_state_moved=any(moved[:2]), drew=moved[1:])

    def prepared(self, request: wire.Call) -> Callable[[], object]:
        """A call with fresh arguments that is still to be made, with nothing besides."""
        target, args, kwargs = self._decoded(request, self.namespace)
        return lambda: target(*args, **kwargs)

    def _decoded(self, request: wire.Call, namespace: dict[str, object]) -> tuple[Callable, list, dict]:
        """What is called, and with what."""
        target = self._target(request, namespace)
        if request.collect is not None:
            target = collecting(target, request.collect)
        args = [self.decode(arg) for arg in request.args]
        kwargs = {name: self.decode(arg) for name, arg in request.kwargs.items()}
        return target, args, kwargs

    def reply(self, request: wire.Call, done: Done, sequence: int) -> wire.Reply:
        """What came of a call, as a message."""
        reply = wire.Reply(sequence, self.encode(done.value), cost=done.cost)
        if done.gradients is not None:
            reply.gradients = [None if grad is None else self._encode_tensor(grad) for grad in done.gradients]
        if request.observe:
            arguments = [self.encode(argument) for argument in done.arguments]
            reply.observed = wire.Observed(arguments, done.random_state_moved, done.drew)
        return reply

    def _target(self, request: wire.Call, namespace: dict[str, object]) -> Callable:
        if request.on is None:
            return namespace[request.name]
        target = self._objects[request.on]
        return getattr(target, request.name) if request.name else target

    def decode(self, message: wire.Value) -> object:
        """An argument as a value; handles and lent functions are looked up."""
        generator = values.seeded if self._device is None else self._device.generator
        return values.decode(message, self._resolve, self._rebuild, generator)

    def _rebuild(self, message: wire.Tensor) -> torch.Tensor:
        return self._put(values.rebuild(message))

    def _put(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor if self._device is None else self._device.put(tensor)

    def _resolve(self, message: wire.Ref | wire.Callback) -> object:
        if isinstance(message, wire.Ref):
            return self._objects[message.id]
        return self._callback(message.id)

    def encode(self, value: object) -> wire.Value:
        """A result as a message; what is no data stays here, behind a handle."""
        return values.encode(value, self._keep, unwrap=self._gpu and self._gpu.unwrap)

    def _encode_tensor(self, tensor: torch.Tensor) -> wire.Tensor:
        plain, device = (tensor, "") if self._gpu is None else self._gpu.unwrap(tensor)
        message = values.encode_tensor(plain)
        message.device = device or message.device
        return message

    def _keep(self, value: object) -> wire.Ref:
        number = len(self._objects) + 1
        self._objects[number] = value
        if isinstance(value, torch.Tensor) and self._gpu is not None:
            value = self._gpu.unwrap(value)[0]
        return wire.Ref(number, type_name(type(value)), _extra(value))


def _extra(value: object) -> str:
    """What a message about an unsendable value should say beyond its type."""
    if isinstance(value, torch.Tensor):
        layout = str(value.layout).removeprefix("torch.")
        return f"{layout} tensor of {value.dtype} on {value.device}"[:200]
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    return f"shape {tuple(shape)}, {dtype}"[:200] if isinstance(shape, tuple) else ""


def _state(generator: torch.Generator) -> bytes:
    return generator.get_state().numpy().tobytes()


def _backward(
    value: object, wanted: list[torch.Tensor], weights: list[torch.Tensor]
) -> list[torch.Tensor | None]:
    """Gradients of the weighted sum of the results with respect to the arguments that want one.

    A result that does not fit its weights (another shape, not differentiable) contributes nothing:
    the grader sees the shape anyway, and a missing gradient is reported as None. Results that are no
    floats have no weights.
    """
    outputs, upstream = [], []
    floats = [leaf for leaf in values.leaves(value) if leaf.is_floating_point()]
    for output, weight in zip(floats, weights, strict=False):
        if output.requires_grad and output.shape == weight.shape:
            outputs.append(output)
            upstream.append(weight.to(output.dtype).to(output.device))
    still = [leaf for leaf in wanted if leaf.requires_grad]
    if not outputs or not still:
        return [None] * len(wanted)
    arrived = iter(_grad(outputs, still, upstream, allow_unused=True))
    return [next(arrived) if leaf.requires_grad else None for leaf in wanted]
