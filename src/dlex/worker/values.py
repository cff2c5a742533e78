"""Python values to messages and back. Both sides use it; only tensors need torch."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np
import torch

from dlex.worker import wire

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
        torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64, torch.complex128,
    )
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_OF_NUMPY = {name: np.dtype("int16" if name == "bfloat16" else name) for name in DTYPES}
_PLAIN = (bool, int, float, str, type(None))

Keep = Callable[[object], wire.Value]
Unwrap = Callable[[torch.Tensor], tuple[torch.Tensor, str]]
Resolve = Callable[[wire.Ref | wire.Callback], object]


def encode_tensor(tensor: torch.Tensor, *, layout: bool = False) -> wire.Tensor:
    """A tensor as bytes. With `layout`, its strides and its requires_grad flag travel too."""
    raw = tensor.detach().view(torch.int16) if tensor.dtype is torch.bfloat16 else tensor
    data = raw.numpy(force=True).tobytes()
    message = wire.Tensor(_NAMES[tensor.dtype], list(tensor.shape), data, tensor.device.type)
    if layout:
        message.requires_grad = tensor.requires_grad
        if not tensor.is_contiguous():
            message.stride = list(tensor.stride())
    return message


def decode_tensor(message: wire.Tensor) -> torch.Tensor:
    """The tensor that a message describes, in memory of its own. ValueError if it lies."""
    dtype = DTYPES.get(message.dtype)
    if dtype is None:
        raise ValueError(f"unknown dtype {message.dtype!r}")
    if math.prod(message.shape) * dtype.itemsize != len(message.data):
        raise ValueError("the size of a tensor does not match its data")
    if not message.data:
        return torch.empty(message.shape, dtype=dtype)
    data = bytearray(message.data)
    if dtype is torch.bool and data.translate(None, b"\0\1"):
        raise ValueError("a bool that is neither 0 nor 1")
    raw = torch.from_numpy(np.ndarray(message.shape, _OF_NUMPY[message.dtype], data))
    return raw.view(dtype) if dtype is torch.bfloat16 else raw


def rebuild(message: wire.Tensor) -> torch.Tensor:
    """`decode_tensor`, and the sender's strides and requires_grad flag as well. What has strides does not
    begin where its memory does."""
    tensor = decode_tensor(message)
    if message.stride is not None:
        last = sum((n - 1) * step for n, step in zip(message.shape, message.stride, strict=True))
        memory = torch.zeros(max(last, -1) + 2, dtype=tensor.dtype)
        tensor = memory.as_strided(message.shape, message.stride, 1).copy_(tensor)
    return tensor.requires_grad_() if message.requires_grad else tensor


def encode(value: object, keep: Keep, *, layout: bool = False, unwrap: Unwrap | None = None) -> wire.Value:
    """A message for a value. What is neither data nor a tensor goes to `keep`.

    `unwrap` gives the CPU tensor inside a tensor that has one, and the device that it stands for, if
    that is another.
    """

    def inside(item: object) -> wire.Value:
        return encode(item, keep, layout=layout, unwrap=unwrap)

    kind = type(value)
    if kind in _PLAIN:
        fits = kind is not int or -(1 << 63) <= value < 1 << 63
        return value if fits and (kind is not str or len(value) <= 100_000) else keep(value)
    if isinstance(value, torch.Tensor):
        plain, device = unwrap(value) if unwrap else (value, "")
        plain = plain if type(plain) is torch.Tensor else plain.as_subclass(torch.Tensor)
        if plain.layout is not torch.strided or plain.dtype not in _NAMES or plain.is_meta:
            return keep(value)
        message = encode_tensor(plain, layout=layout)
        message.device = device or message.device
        return message
    if kind is torch.Generator and layout:
        return wire.Generator(value.initial_seed())
    if isinstance(value, list):
        return wire.List([inside(item) for item in value])
    if isinstance(value, tuple):
        return wire.Tuple([inside(item) for item in value])
    if isinstance(value, dict) and all(type(key) is str and len(key) <= 200 for key in value):
        return wire.Dict({key: inside(item) for key, item in value.items()})
    return keep(value)


def seeded(seed: int) -> torch.Generator:
    """A fresh generator."""
    return torch.Generator().manual_seed(seed)


def decode(message: wire.Value, resolve: Resolve, tensor=decode_tensor, generator=seeded) -> object:
    """The value that a message describes; handles and callbacks go to `resolve`."""

    def inside(item: wire.Value) -> object:
        return decode(item, resolve, tensor, generator)

    kind = type(message)
    if kind is wire.Tensor:
        return tensor(message)
    if kind is wire.List:
        return [inside(item) for item in message.items]
    if kind is wire.Tuple:
        return tuple(inside(item) for item in message.items)
    if kind is wire.Dict:
        return {key: inside(item) for key, item in message.items.items()}
    if kind is wire.Ref or kind is wire.Callback:
        return resolve(message)
    if kind is wire.Generator:
        return generator(message.seed)
    return message


def map_tensors(message: wire.Value, change: Callable[[wire.Tensor], wire.Tensor]) -> wire.Value:
    """A message with every tensor in it replaced by what `change` makes of it."""
    if isinstance(message, wire.Tensor):
        return change(message)
    if isinstance(message, (wire.List, wire.Tuple)):
        return type(message)([map_tensors(item, change) for item in message.items])
    if isinstance(message, wire.Dict):
        return wire.Dict({name: map_tensors(item, change) for name, item in message.items.items()})
    return message


def labelled(reply: wire.Reply, device: str) -> wire.Reply:
    """The same reply, as if everything in it had been on this device."""

    def there(message: wire.Tensor) -> wire.Tensor:
        return msgspec.structs.replace(message, device=device)

    grads = reply.gradients and [None if grad is None else there(grad) for grad in reply.gradients]
    return msgspec.structs.replace(reply, value=map_tensors(reply.value, there), gradients=grads)


def leaves(value: object) -> list[torch.Tensor]:
    """The tensors inside a value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return []
