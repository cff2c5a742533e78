"""torch's functions as they are where there is a pretend GPU.

What torch does in C++ without asking the dispatcher is put right here: reading numbers out of lists,
naming devices, index lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors
from torch.utils._pytree import tree_map_only

from dlex.worker.gpu.cuda import DEFAULT, generator_fits, is_gpu
from dlex.worker.gpu.session import Session
from dlex.worker.gpu.tensor import CPU, GPU, SHOWN, GpuTensor
from dlex.worker.values import leaves

LISTS = (list, range, np.ndarray)
MAKERS = _device_constructors()  # what the default device is for


class GpuFunctions(TorchFunctionMode):
    """Names the pretend GPU "cuda", and follows where CPU tensors come from."""

    def __init__(self, session: Session):
        super().__init__()
        self._session = session

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        device = kwargs.get("device")
        if is_gpu(device) or (device is None and DEFAULT.on_gpu and function in MAKERS):
            kwargs["device"] = GPU
        self._session.enter(function, args, kwargs)
        try:
            self._check_generator(function, args, kwargs)
            result = STAND_INS.get(function, function)(*args, **kwargs)
        except BaseException:
            self._session.abandon()
            raise
        self._session.leave(result)
        return result

    def _check_generator(self, function: object, args: tuple, kwargs: dict) -> None:
        """Raise what CUDA raises if a generator is to draw for another device than its own."""
        generator = kwargs.get("generator")
        if generator is None:
            return
        on_gpu = kwargs.get("device") == GPU or any(tensor.is_meta for tensor in leaves(args))
        if not generator_fits(generator, on_gpu):
            wanted, found = ("cuda", "cpu") if on_gpu else ("cpu", "cuda")
            self._session.refuse("generator", getattr(function, "__name__", ""))
            raise RuntimeError(f"Expected a '{wanted}' device type for generator but found '{found}'")


STAND_INS: dict[object, Callable] = {}


def stands_in_for(*functions: object) -> Callable[[Callable], Callable]:
    """Register what is called instead of a function of torch's."""

    def register(stand_in: Callable) -> Callable:
        for function in functions:
            STAND_INS[function] = stand_in(function)
        return stand_in

    return register


@stands_in_for(torch.tensor, torch.as_tensor, torch.asarray)
def _from_data(original: Callable) -> Callable:
    """Tensors from lists; `torch.tensor` of a GPU tensor stays where that is."""

    def build(data: Any, *args: Any, device: Any = None, requires_grad: bool = False, **kwargs: Any):
        on_gpu = isinstance(data, GpuTensor) if device is None else is_gpu(device)
        if isinstance(data, GpuTensor) and on_gpu and original is not torch.tensor:
            built = data.to(kwargs.get("dtype") or data.dtype)
        else:
            built = _placed(original(_inside(data), *args, **kwargs), on_gpu)
        return built.requires_grad_() if requires_grad else built

    return build


@stands_in_for(Tensor.new_tensor)
def _new_tensor(_original: Callable) -> Callable:
    def build(like: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False):
        on_gpu = like.is_meta if device is None else is_gpu(device)
        built = _placed(torch.tensor(_inside(data), dtype=dtype or like.dtype), on_gpu)
        return built.requires_grad_() if requires_grad else built

    return build


@stands_in_for(Tensor.to)
def _to(original: Callable) -> Callable:
    def move(tensor: Tensor, *args: Any, **kwargs: Any):
        if args and not isinstance(args[0], (Tensor, torch.dtype)) and is_gpu(args[0]):
            args = (GPU, *args[1:])
        return original(tensor, *args, **kwargs)

    return move


@stands_in_for(Tensor.cuda)
def _cuda(_original: Callable) -> Callable:
    def move(tensor: Tensor, device: Any = None, *_args: Any, **_kwargs: Any):
        if device is not None and not is_gpu(device):
            raise RuntimeError(f"Invalid device, must be cuda device: {device}")
        return tensor.to(GPU)

    return move


@stands_in_for(Tensor.__getitem__, Tensor.__setitem__)
def _index(original: Callable) -> Callable:
    """Lists among the indices become CPU tensors, which may index tensors on a GPU."""

    def look_up(tensor: Tensor, index: Any, *value: Any):
        if tensor.is_meta:
            parts = index if isinstance(index, tuple) else (index,)
            parts = tuple(_as_index(part) for part in parts)
            index = parts if isinstance(index, tuple) else parts[0]
        return original(tensor, index, *value)

    return look_up


@stands_in_for(Tensor.device.__get__)
def _device(original: Callable) -> Callable:
    def tell(tensor: Tensor):
        device = original(tensor)
        return SHOWN if device == GPU else device

    return tell


@stands_in_for(Tensor.get_device)
def _get_device(original: Callable) -> Callable:
    return lambda tensor: 0 if tensor.is_meta else original(tensor)


@stands_in_for(Tensor.is_cuda.__get__)
def _is_cuda(_original: Callable) -> Callable:
    return lambda tensor: tensor.is_meta


@stands_in_for(Tensor.is_meta.__get__)
def _is_meta(_original: Callable) -> Callable:
    return lambda _tensor: False


@stands_in_for(Tensor.data.__set__)
def _set_data(original: Callable) -> Callable:
    """`tensor.data = other`, from any device: the tensor takes over what the other one holds."""

    def take_over(tensor: Tensor, value: Tensor):
        if isinstance(tensor, GpuTensor) and isinstance(value, GpuTensor) and tensor.shape == value.shape:
            tensor.raw = value.raw.to(tensor.dtype)
        elif isinstance(value, GpuTensor) or isinstance(tensor, GpuTensor):
            taken = value.detach().requires_grad_(tensor.requires_grad)
            if isinstance(tensor, torch.nn.Parameter):
                taken = torch.nn.Parameter(taken, tensor.requires_grad)
            torch.utils.swap_tensors(tensor, taken)
        else:
            original(tensor, value)

    return take_over


def _placed(tensor: Tensor, on_gpu: bool) -> Tensor:
    return GpuTensor(tensor.detach()) if on_gpu else tensor


def _inside(data: Any) -> Any:
    """Data with CPU tensors in place of GPU tensors: torch reads their numbers one by one."""
    return tree_map_only(GpuTensor, lambda tensor: tensor.raw, data)


def _as_index(part: Any) -> Any:
    if not isinstance(part, LISTS):
        return part
    try:
        return torch.tensor(_inside(part), device=CPU)
    except (TypeError, ValueError, RuntimeError):
        return part  # slices in a list, or what torch will complain about
