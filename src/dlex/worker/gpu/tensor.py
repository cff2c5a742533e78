"""The tensors of the pretend GPU, and how operations on them run: on the CPU tensors inside."""

from __future__ import annotations

from contextlib import contextmanager

import torch
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

from dlex.worker.gpu import rules
from dlex.worker.gpu.session import Session, tensors_in

GPU = torch.device("meta")  # as torch's C++ code sees it
CPU = torch.device("cpu")
SHOWN = torch.device("cuda:0")  # as Python code sees it

_session = Session("")


class NotPretended(NotImplementedError):
    """The pretend GPU cannot do this. Never the submission's fault."""


class GpuTensor(torch.Tensor):
    """A tensor on the pretend GPU; `raw` is the CPU tensor that holds its numbers."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, raw: torch.Tensor, requires_grad: bool = False):
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
        return self.raw.tolist()

    def numpy(self, **_options):
        _session.refuse("numpy", "numpy")
        raise TypeError(
            f"can't convert {SHOWN} device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )

    def __array__(self, dtype=None, copy=None):
        return self.numpy()


class GpuOperations(TorchDispatchMode):
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


def place(value: object) -> object:
    """A copy of a value with its tensors on the pretend GPU; views and gradients as they were."""
    return tree_map_only(torch.Tensor, lambda tensor: GpuTensor(tensor.detach(), tensor.requires_grad), value)


def run(op, args: tuple, kwargs: dict) -> object:
    """Run an operation on the CPU tensors inside, if CUDA would run it at all."""
    flat, structure = tree_flatten((args, kwargs))
    gpu = [value for value in flat if isinstance(value, GpuTensor)]
    cpu = [value for value in flat if isinstance(value, torch.Tensor) and not isinstance(value, GpuTensor)]
    device = kwargs.get("device")
    to_gpu = bool(gpu) if device is None else device == GPU
    if not to_gpu and not gpu:
        return op(*args, **kwargs)
    _refuse_what_cuda_refuses(op, args, gpu, cpu)
    plain = [value.raw if isinstance(value, GpuTensor) else value for value in flat]
    plain_args, plain_kwargs = tree_unflatten(plain, structure)
    if device is not None:
        plain_kwargs["device"] = CPU
    result = op(*plain_args, **plain_kwargs)
    if torch.Tag.inplace_view in op.tags and gpu:
        with no_dispatch():
            op(*args, **kwargs)  # its shape changes; there is nothing else to it
    known = {id(inside): outside for inside, outside in zip(plain, flat, strict=True)}
    on_cpu = rules.RESULTS_ON_THE_CPU.get(_name(op))
    if on_cpu is not None:
        known[id(result[on_cpu])] = result[on_cpu]
    return tree_map_only(
        torch.Tensor, lambda made: known.get(id(made), GpuTensor(made) if to_gpu else made), result
    )


def _name(op) -> str:
    return op._schema.name.removeprefix("aten::")


def _refuse_what_cuda_refuses(op, args: tuple, gpu: list, cpu: list) -> None:
    name = _name(op)
    if any(tensor.is_meta for tensor in cpu):
        raise NotPretended(f"{name} of a tensor that holds nothing")
    if gpu and cpu:
        culprit = rules.offender(name, args, cpu, op._schema.is_mutable)
        if culprit is not None:
            indexed = name in rules.INDEXING and culprit is args[0]
            _session.refuse("index" if indexed else "mixed", name, culprit)
            raise RuntimeError(rules.INDICES if indexed else rules.MIXED)


def misplaced(value: object) -> torch.Tensor | None:
    """The first tensor in a result that is not on the pretend GPU."""
    return next((tensor for tensor in tensors_in(value) if not isinstance(tensor, GpuTensor)), None)
