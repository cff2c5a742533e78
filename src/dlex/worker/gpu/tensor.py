"""The tensors of the pretend GPU, and how operations on them run: on the CPU tensors inside."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import torch
from torch.utils._mode_utils import no_dispatch

from dlex.worker.gpu import rules
from dlex.worker.gpu.session import NotPretended, Session
from dlex.worker.operations import Mode
from dlex.worker.values import leaves

GPU = torch.device("meta")  # as torch's C++ code sees it
CPU = torch.device("cpu")
SHOWN = torch.device("cuda:0")  # as Python code sees it

_session = Session("")


class GpuTensor(torch.Tensor):
    """A tensor on the pretend GPU; `raw` is the CPU tensor that holds its numbers."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, raw: torch.Tensor, requires_grad: bool = False):
        raw = raw.resolve_conj().resolve_neg()  # what is left to do later is done above the dispatcher
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            raw.size(),
            strides=raw.stride(),
            storage_offset=raw.storage_offset(),
            dtype=raw.dtype,
            layout=raw.layout,
            device=GPU,
            requires_grad=requires_grad,
        )
        made.raw = raw
        return made

    @classmethod
    def __torch_dispatch__(cls, op, types, args=(), kwargs=None):
        return run(op, args, kwargs or {})

    def __repr__(self, **_options):
        return f"{repr(self.raw)[:-1]}, device='{SHOWN}')"

    def __format__(self, spec):
        return self.raw.__format__(spec) if spec else repr(self) if self.dim() else str(self.item())

    def __deepcopy__(self, memo):
        copied = memo[id(self)] = GpuTensor(self.raw.clone(), self.requires_grad)
        copied.__dict__ |= {name: value for name, value in vars(self).items() if name != "raw"}
        return copied

    def tolist(self):
        _session.round_trips += 1
        return self.raw.tolist()

    def numpy(self, **_options):
        _session.refuse("numpy", "numpy")
        raise TypeError(
            f"can't convert {SHOWN} device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )

    def __array__(self, dtype=None, copy=None):
        return self.numpy()


class GpuOperations(Mode):
    """Operations that make tensors without being given any: on the device that they name."""

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        return run(op, args, kwargs or {})


@contextmanager
def session_of(session: Session):
    """Within it, faults go to this session."""
    global _session
    before, _session = _session, session
    try:
        yield session
    finally:
        _session = before


class Kind(NamedTuple):
    """What has to be known of an operation."""

    name: str
    in_place: bool
    reshapes: bool


@cache
def kind_of(op) -> Kind:
    """The kind of an operator of torch.ops."""
    name = op._schema.name.removeprefix("aten::")
    return Kind(name, op._schema.is_mutable, torch.Tag.inplace_view in op.tags)


class _Sorted:
    """The arguments of an operation with CPU tensors in place of GPU tensors, and which were which."""

    def __init__(self, args: tuple, kwargs: dict):
        self.gpu: list[GpuTensor] = []
        self.cpu: list[torch.Tensor] = []
        self.args = self._inside(args)
        self.kwargs = {name: self._inside(value) for name, value in kwargs.items()}

    def _inside(self, value: object) -> object:
        if isinstance(value, GpuTensor):
            self.gpu.append(value)
            return value.raw
        if isinstance(value, torch.Tensor):
            self.cpu.append(value)
        elif isinstance(value, (list, tuple)):
            return type(value)(map(self._inside, value))
        return value

    def outside(self, result: object, to_gpu: bool) -> object:
        """A result as it is there; what was given and comes back is the same object."""
        if isinstance(result, (list, tuple)):
            return type(result)(self.outside(part, to_gpu) for part in result)
        if not isinstance(result, torch.Tensor):
            return result
        for tensor in self.gpu:
            if tensor.raw is result:
                return tensor
        if not to_gpu or any(tensor is result for tensor in self.cpu):
            return result
        return GpuTensor(result)


def run(op, args: tuple, kwargs: dict) -> object:
    """Run an operation on the CPU tensors inside, if CUDA would run it at all."""
    device = kwargs.get("device")
    given = _Sorted(args, kwargs)
    to_gpu = bool(given.gpu) if device is None else device == GPU
    if not to_gpu and not given.gpu:
        return op(*args, **kwargs)
    _session.count()
    _session.round_trips += not to_gpu or kind_of(op).name in rules.WAITS
    kind = kind_of(op)
    _refuse_what_cuda_refuses(kind, args, given)
    if device is not None:
        given.kwargs["device"] = CPU
    result = op(*given.args, **given.kwargs)
    if kind.reshapes and given.gpu:
        with no_dispatch():
            op(*args, **kwargs)  # its shape changes; there is nothing else to it
    on_cpu = rules.RESULTS_ON_THE_CPU.get(kind.name)
    if on_cpu is not None:
        return tuple(given.outside(part, place != on_cpu) for place, part in enumerate(result))
    return given.outside(result, to_gpu)


def _refuse_what_cuda_refuses(kind: Kind, args: tuple, given: _Sorted) -> None:
    if any(type(tensor) is torch.Tensor and tensor.is_meta for tensor in given.cpu):
        raise NotPretended(f"{kind.name} of a tensor that holds nothing")
    if not given.gpu or not given.cpu:
        return
    culprit = rules.offender(kind.name, args, given.cpu, kind.in_place)
    if culprit is not None:
        indexed = kind.name in rules.INDEXING and culprit is args[0]
        _session.refuse("index" if indexed else "mixed", kind.name, culprit)
        raise RuntimeError(rules.INDICES if indexed else rules.MIXED)


def misplaced(value: object) -> torch.Tensor | None:
    """The first tensor in a result that is not on the pretend GPU."""
    return next((tensor for tensor in leaves(value) if not isinstance(tensor, GpuTensor)), None)
