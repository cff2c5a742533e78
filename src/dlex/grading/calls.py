"""`submission` and `reference` as a grader file sees them: objects whose attributes are functions.

The same calls can be answered by a worker, by the reference or by a known mistake; what answers is
a *backend*. Checks never notice the difference, which is what makes recording, replay and
diagnosis possible.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch

from dlex.grading.compare import kind_of
from dlex.grading.failures import CalledForbidden, CheckFailed, Died, Difference, Raised
from dlex.language import _
from dlex.worker import values, wire

NO_MEMORY = ("CUDA out of memory", "CUDA error: out of memory")  # how a GPU says it
BROKEN = "CUDA error"  # no call of the process works after that
TOO_MANY = "dlex.TooManyItems"  # what a worker calls `items.TooManyItems`


class Backend(Protocol):
    """What answers calls."""

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply: ...

    def lend(self, function: Callable) -> wire.Callback: ...


@dataclass(frozen=True)
class Observation:
    """One call seen from outside: the result, and what happened besides. `drew` says whether torch's
    global generator gave random numbers, then whether each generator among the arguments did."""

    value: object
    arguments: list[object]
    random_state_moved: bool
    drew: list[bool]


@dataclass(frozen=True)
class Draw:
    """One call of a random function: its arguments by name, and what came of them.

    Where the call ran the backward pass too, `weights` and `gradients` hold what went into it and
    what came out; an argument that no gradient reached has zeros.
    """

    arguments: dict[str, object]
    value: object
    weights: list[torch.Tensor] | None = None
    gradients: list[torch.Tensor] | None = None


class Elsewhere(NamedTuple):
    """An attribute of a tensor that came from another device than its call was made on."""

    device: str
    wanted: str
    fault: wire.Fault | None


class Functions:
    """The functions of a submission (or of a reference), as attributes.

    >>> # submission.softmax(X), submission.softmax.gradients(weights, X)
    """

    def __init__(self, backend: Backend, device: str = wire.CPU):
        self._backend, self._device = backend, device

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self._backend, name, device=self._device)


class Function:
    """A function on the other side of the wire, or a method of an object that stays there."""

    def __init__(
        self,
        backend: Backend,
        name: str,
        on: int | None = None,
        device: str = wire.CPU,
        most: int | None = None,
    ):
        self._backend, self._name, self._on, self._device, self._most = backend, name, on, device, most

    def on_gpu(self) -> Function:
        """The same function, called with arguments on a GPU, a pretend one where there is no other."""
        return Function(self._backend, self._name, self._on, wire.GPU, self._most)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call it and return the result."""
        return self._ask(args, kwargs)[1]

    def collected(self, most: int) -> Function:
        """This function, with its result read to the end: a list of what a loop over it gets.

        Generators, lists and loaders become the same; an item that is a list arrives as a tuple. A
        result that cannot be looped over, or has more than `most` items, fails the check.

        >>> # submission.data_iter.collected(100)(3, features, labels)
        """
        return Function(self._backend, self._name, self._on, self._device, most)

    def gradients(self, weights: torch.Tensor | list, *args: object, **kwargs: object):
        """Call it and run the backward pass of the result's weighted sum, in one request.

        Returns `(result, gradients)`: one gradient per tensor argument that requires one, None
        where none arrived.
        """
        wanted = [values.encode_tensor(weight) for weight in values.leaves(weights)]
        reply, value = self._ask(args, kwargs, gradients=wanted)
        grads = reply.gradients or []
        return value, [None if g is None else decode(self._backend, g, self._device) for g in grads]

    def observe(self, *args: object, **kwargs: object) -> Observation:
        """Call it and report the arguments afterwards, and whether the random state moved."""
        reply, value = self._ask(args, kwargs, observe=True)
        seen = reply.observed or wire.Observed([], False, [])
        arguments = [decode(self._backend, argument) for argument in seen.arguments]
        return Observation(value, arguments, seen.random_state_moved, seen.drew)

    def measure(self, *args: object, **kwargs: object) -> tuple[object, wire.Cost]:
        """Call it and report what that costs as well."""
        reply, value = self._ask(args, kwargs, measure=True)
        return value, reply.cost or wire.Cost(0, 0, 0)

    def _ask(self, args, kwargs, **options) -> tuple[wire.Reply, object]:
        sent_args = [encode(self._backend, arg) for arg in args]
        sent_kwargs = {name: encode(self._backend, arg) for name, arg in kwargs.items()}
        call = wire.Call(
            self._name, sent_args, sent_kwargs, self._on,
            device=self._device, collect=self._most, **options,
        )  # fmt: skip
        reply = self._backend.ask(call)
        anywhere = not values.leaves([args, kwargs])
        if self._most is None:
            return reply, _result(self._backend, reply, self._device, anywhere)
        return reply, _items(self._backend, reply, self._device, anywhere, self._most)


class Handle:
    """An object that stays on the other side: a module, a generator, an optimiser's state.

    Calling it, indexing it, `len` and its methods work as on the object itself; `attribute` reads a
    plain attribute.
    """

    def __init__(self, backend: Backend, ref: wire.Ref, device: str = wire.CPU):
        self._backend, self._ref, self._device = backend, ref, device
        self.described = ref.type_name + (f" ({ref.text})" if ref.text else "")

    def __repr__(self) -> str:
        return kind_of(self)

    def attribute(self, name: str) -> object:
        """The value of an attribute; tensors on any device."""
        reply = self._backend.ask(wire.Attribute(self._ref.id, name))
        return _result(self._backend, reply, self._device, anywhere=True)

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self._backend, name, self._ref.id, self._device)

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self._method("")(*args, **kwargs)

    def __len__(self) -> int:
        return self._method("__len__")()

    def __getitem__(self, index: object) -> object:
        return self._method("__getitem__")(index)

    def _method(self, name: str) -> Function:
        return Function(self._backend, name, self._ref.id, self._device)


class Counted:
    """A function of the grader that can be given to a submission; counts its calls.

    >>> f = Counted(lambda x: x * 2)
    >>> f(3), f.calls
    (6, 1)
    """

    def __init__(self, function: Callable):
        self._function = function
        self.calls = 0

    def __call__(self, *args: object) -> object:
        self.calls += 1
        return self._function(*args)


def encode(backend: Backend, value: object) -> wire.Value:
    """An argument as a message; functions are lent, handles go back to where they came from."""

    def keep(thing: object) -> wire.Value:
        if isinstance(thing, Handle):
            return thing._ref
        if callable(thing):
            return backend.lend(thing)
        raise TypeError(f"a check cannot pass {type(thing).__name__} to a submission")

    return values.encode(value, keep, layout=True)


def decode(
    backend: Backend,
    message: wire.Value,
    device: str = wire.CPU,
    fault: wire.Fault | None = None,
    anywhere: bool = False,
) -> object:
    """A result as a value; objects that stayed on the other side become handles.

    Tensors that were on another device than `device` have an attribute `elsewhere` that says so,
    unless they may be `anywhere`. The message is whatever a worker sent. If it makes no sense, the
    worker counts as dead.
    """

    def received(message: wire.Tensor) -> torch.Tensor:
        tensor = values.decode_tensor(message)
        if not anywhere and message.device != device:
            tensor.elsewhere = Elsewhere(message.device, device, fault)
        return tensor

    def resolve(ref: wire.Ref | wire.Callback) -> Handle:
        if not isinstance(ref, wire.Ref):
            raise ValueError("a function of the grader came back")
        return Handle(backend, ref, device)

    try:
        return values.decode(message, resolve, received)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise Died("crashed", _("its answer made no sense ({error})").format(error=error)) from None


def _result(backend: Backend, reply: wire.Reply, device: str, anywhere: bool) -> object:
    """The value of a reply; raises what went wrong instead."""
    if reply.forbidden:
        raise CalledForbidden(reply.forbidden[0])
    fault = reply.fault if device == wire.GPU else None
    if reply.error is not None:
        if device == wire.GPU:
            _require_working_gpu(reply.error)
        raise Raised(reply.error, fault)
    return decode(backend, reply.value, device, fault, anywhere)


def _require_working_gpu(error: wire.Error) -> None:
    """Raise `Died` if, after this error, no other call in that process can be relied on."""
    if any(words in error.message for words in NO_MEMORY):
        told, where = _("it ran out of the GPU's memory"), Raised(error).where
        where = where and _("it ran out of the GPU's memory at {where}").format(where=where)
        raise Died("crashed", where or told, "gpu memory")
    if BROKEN in error.message:
        raise Died("crashed", _("it broke the GPU's context: an index out of range does that"))


def _items(backend: Backend, reply: wire.Reply, device: str, anywhere: bool, most: int) -> list:
    """The items of a reply to a call that collects them; fails the check if there is no end to them."""
    if reply.error is not None and reply.error.kind == TOO_MANY:
        raise CheckFailed(Difference("endless", _endless(reply.error.message)))
    if isinstance(reply.value, wire.List) and len(reply.value.items) > most:
        summary = _("the result does not end: it has more than {most:,} items").format(most=most)
        raise CheckFailed(Difference("endless", summary))
    value = _result(backend, reply, device, anywhere)
    if not isinstance(value, list):
        summary = _("the result is {kind}, expected something to loop over (is there a `yield`?)")
        raise CheckFailed(Difference("iterable", summary.format(kind=kind_of(value))))
    return value


def _endless(message: str) -> str:
    """What `items.TooManyItems` says, as a learner reads it."""
    if found := re.fullmatch(r"it goes on after ([\d,]+) items", message):
        return _("the result does not end: it goes on after {count} items").format(count=found[1])
    if found := re.fullmatch(r"its first ([\d,]+) items hold more than (\d+) MB", message):
        told = _("the result does not end: its first {count} items hold more than {size} MB")
        return told.format(count=found[1], size=found[2])
    return _("the result does not end: {message}").format(message=message)
