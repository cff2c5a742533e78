"""Python values to messages and back. Both sides use it; only tensors need torch."""

from __future__ import annotations

import math
from collections.abc import Callable

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
_NO_NUMPY = {torch.bfloat16: torch.int16}
_PLAIN = (bool, int, float, str, type(None))

Keep = Callable[[object], wire.Value]
Resolve = Callable[[wire.Ref | wire.Callback], object]


def encode_tensor(tensor: torch.Tensor, *, layout: bool = False) -> wire.Tensor:
    """A tensor as bytes. With `layout`, its strides and its requires_grad flag travel too."""
    plain = tensor.detach()
    if plain.device.type != "cpu":
        plain = plain.cpu()
    plain = plain.resolve_conj().resolve_neg().contiguous()
    raw = plain.view(_NO_NUMPY[plain.dtype]) if plain.dtype in _NO_NUMPY else plain
    message = wire.Tensor(_NAMES[tensor.dtype], list(tensor.shape), raw.numpy().tobytes(), str(tensor.device))
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
    return torch.frombuffer(data, dtype=dtype).reshape(message.shape)


def rebuild(message: wire.Tensor) -> torch.Tensor:
    """`decode_tensor`, and the sender's strides and requires_grad flag as well."""
    tensor = decode_tensor(message)
    if message.stride is not None:
        tensor = torch.empty_strided(message.shape, message.stride, dtype=tensor.dtype).copy_(tensor)
    return tensor.requires_grad_() if message.requires_grad else tensor


def encode(value: object, keep: Keep, *, layout: bool = False) -> wire.Value:
    """A message for a value. What is neither data nor a tensor goes to `keep`."""
    kind = type(value)
    if kind in _PLAIN:
        fits = kind is not int or -(1 << 63) <= value < 1 << 63
        return value if fits and (kind is not str or len(value) <= 100_000) else keep(value)
    if isinstance(value, torch.Tensor):
        plain = value if kind is torch.Tensor else value.as_subclass(torch.Tensor)
        if plain.layout is not torch.strided or plain.dtype not in _NAMES or plain.is_meta:
            return keep(value)
        return encode_tensor(plain, layout=layout)
    if kind is torch.Generator and layout:
        return wire.Generator(value.initial_seed())
    if isinstance(value, list):
        return wire.List([encode(item, keep, layout=layout) for item in value])
    if isinstance(value, tuple):
        return wire.Tuple([encode(item, keep, layout=layout) for item in value])
    if isinstance(value, dict) and all(type(key) is str and len(key) <= 200 for key in value):
        return wire.Dict({key: encode(item, keep, layout=layout) for key, item in value.items()})
    return keep(value)


def decode(message: wire.Value, resolve: Resolve, tensor=decode_tensor) -> object:
    """The value that a message describes; handles and callbacks go to `resolve`."""
    kind = type(message)
    if kind is wire.Tensor:
        return tensor(message)
    if kind is wire.List:
        return [decode(item, resolve, tensor) for item in message.items]
    if kind is wire.Tuple:
        return tuple(decode(item, resolve, tensor) for item in message.items)
    if kind is wire.Dict:
        return {key: decode(item, resolve, tensor) for key, item in message.items.items()}
    if kind is wire.Ref or kind is wire.Callback:
        return resolve(message)
    if kind is wire.Generator:
        return torch.Generator().manual_seed(message.seed)
    return message


def leaves(value: object) -> list[torch.Tensor]:
    """The tensors inside a value, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return []
