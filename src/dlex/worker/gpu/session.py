"""One call on the pretend GPU: what went wrong in it, and where its CPU tensors come from."""

from __future__ import annotations

import linecache
import sys
from types import MethodDescriptorType
from typing import NamedTuple

from torch import Tensor
from torch.nn import Parameter

from dlex.worker import wire
from dlex.worker.values import leaves

ORIGIN = "_dlex_origin"  # an attribute of tensors


class Place(NamedTuple):
    """A line of the submission; 0 if none is known."""

    line: int = 0
    source: str = ""


class Origin(NamedTuple):
    """What made a CPU tensor, "torch.zeros", and where."""

    made_by: str = ""
    place: Place = Place()


class NotPretended(BaseException):
    """The pretend GPU cannot do this. Never the submission's fault, and not for it to catch."""


class Session:
    """Keeps the last fault of a call, and notes the origin of its CPU tensors.

    `operations`: how many may run, each of which takes many times as long as on the CPU. `round_trips`:
    how often the CPU waited for a number from the GPU.
    """

    def __init__(self, filename: str, operations: int = 1_000_000):
        self.fault: wire.Fault | None = None
        self.operations = operations
        self.round_trips = 0
        self._filename = filename
        self._running: list[tuple] = []

    def enter(self, function: object, args: tuple, kwargs: dict) -> None:
        """A function of torch's is called: whatever went wrong before was caught."""
        self.fault = None
        self._running.append((function, args, kwargs))

    def leave(self, result: object) -> None:
        """It returned: CPU tensors of its own making are remembered, views and sums of others too."""
        function, args, kwargs = self._running.pop()
        made = [tensor for tensor in leaves(result) if is_plain(tensor) and not hasattr(tensor, ORIGIN)]
        if not made:
            return
        given = [tensor for tensor in leaves([args, kwargs]) if is_plain(tensor)]
        origin = _first_origin(given)
        if origin is None and not given:
            origin = Origin(name_of(function), self.place())
        for tensor in made if origin else ():
            setattr(tensor, ORIGIN, origin)

    def abandon(self) -> None:
        """It raised."""
        self._running.pop()

    def count(self) -> None:
        """An operation runs."""
        self.operations -= 1
        if self.operations < 0:
            raise NotPretended("too many operations")

    def refuse(self, kind: str, operation: str, culprit: Tensor | None = None) -> None:
        """Note a fault; the caller raises what CUDA would raise."""
        where, origin = self.place(), self._origin(culprit)
        self.fault = wire.Fault(
            kind, operation, where.line, where.source, origin.made_by, origin.place.line, origin.place.source
        )

    def place(self) -> Place:
        """The line of the submission that is running."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self._filename:
            frame = frame.f_back
        if frame is None:
            return Place()
        return Place(frame.f_lineno, linecache.getline(self._filename, frame.f_lineno).strip()[:200])

    def _origin(self, culprit: Tensor | None) -> Origin:
        """Of the tensor itself or, where torch made it on the way, of what the function was given."""
        if culprit is None:
            return Origin()
        given = [tensor for _f, args, kwargs in self._running for tensor in leaves([args, kwargs])]
        own = _first_origin([culprit, *filter(is_plain, given)])
        parameter = any(isinstance(tensor, Parameter) for tensor in [culprit, *given] if is_plain(tensor))
        return own or Origin("nn.Parameter" if parameter else "")


def name_of(function: object) -> str:
    """How a learner calls a function of torch's: "torch.zeros", "Tensor.cpu"."""
    name = str(getattr(function, "__name__", "?"))[:100]
    return f"Tensor.{name}" if isinstance(function, MethodDescriptorType) else f"torch.{name}"


def is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is really on the CPU."""
    return type(tensor).__name__ != "GpuTensor" and not tensor.is_meta


def _first_origin(tensors: list[Tensor]) -> Origin | None:
    return next((getattr(tensor, ORIGIN) for tensor in tensors if hasattr(tensor, ORIGIN)), None)
