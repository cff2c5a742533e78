"""Hypothesis strategies for tensors: cheap to draw, and shrinking in value as well as in shape.

The entries of a tensor come from one draw of bytes, looked up in a table that starts with small
integers and ends with numbers that need every digit of float64. Shrinking bytes towards zero
therefore leads to tensors of 0 and 1.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import torch
from hypothesis import strategies as st


def _table() -> np.ndarray:
    plain = [0.0] + [sign * k for k in range(1, 5) for sign in (1.0, -1.0)]
    plain += [sign * k / 4 for k in (2, 1, 3, 6, 5, 7) for sign in (1.0, -1.0)]
    count = 256 - len(plain)
    normal = NormalDist(0.0, 2.0)
    ragged = [normal.inv_cdf((i + 0.5) / count) for i in range(count)]
    return np.array(plain + sorted(ragged, key=abs))


_TABLE = _table()


def sizes(fixed: int | None = None, *, most: int = 6, least: int = 1) -> st.SearchStrategy[int]:
    """The length of a dimension: `fixed` if given, else from `least` to `most`."""
    return st.integers(least, most) if fixed is None else st.just(fixed)


@st.composite
def tensors(
    draw, shape: tuple[int, ...], dtype: torch.dtype = torch.float32, scale: float = 1.0, step: float = 0.0
):
    """Floats around 0, mostly within ±5, times `scale`. Shrinks to zeros.

    With a `step`, such as 1/16, they are multiples of it, times `scale`: float32 then holds sums of
    products exactly, whatever the order, and one that is 0 is 0 for everybody.

    >>> tensors((2, 3)).example().shape  # doctest: +SKIP
    torch.Size([2, 3])
    """
    count = int(np.prod(shape))
    codes = np.frombuffer(draw(st.binary(min_size=count, max_size=count)), np.uint8)
    entries = np.round(_TABLE[codes] / step) * step if step else _TABLE[codes]
    return torch.from_numpy(entries * scale).to(dtype).reshape(shape)


@st.composite
def labels(draw, n: int, below: int, dtype: torch.dtype = torch.int64):
    """A vector of n classes, each from 0 to below - 1. Shrinks to zeros."""
    codes = np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8)
    return torch.from_numpy(codes.astype(np.int64) % below).to(dtype)


@st.composite
def probabilities(draw, shape: tuple[int, ...], dtype: torch.dtype = torch.float32):
    """Positive numbers that add up to 1 along the last dimension. Shrinks to equal ones."""
    count = int(np.prod(shape))
    codes = np.frombuffer(draw(st.binary(min_size=count, max_size=count)), np.uint8)
    weights = torch.from_numpy(codes.astype(np.float64) + 1).reshape(shape)
    return (weights / weights.sum(dim=-1, keepdim=True)).to(dtype)


def as_view(value: object, layout: str) -> object:
    """The same value, its tensors as non-contiguous views: "transposed" or "strided".

    Tensors inside lists, tuples and dicts become views as well.

    >>> as_view(torch.zeros(2, 3), "strided").is_contiguous()
    False
    """
    if isinstance(value, (list, tuple)):
        return type(value)(as_view(item, layout) for item in value)
    if isinstance(value, dict):
        return {name: as_view(item, layout) for name, item in value.items()}
    return _tensor_view(value, layout) if isinstance(value, torch.Tensor) else value


def _tensor_view(tensor: torch.Tensor, layout: str) -> torch.Tensor:
    if tensor.dim() == 0:
        return tensor
    if layout == "transposed" and tensor.dim() >= 2:
        return tensor.transpose(-1, -2).contiguous().transpose(-1, -2)
    wide = torch.zeros(*tensor.shape[:-1], 2 * tensor.shape[-1], dtype=tensor.dtype)
    wide[..., ::2] = tensor
    return wide[..., ::2]


def away_from_zero(Z: torch.Tensor, gap: float = 0.1) -> torch.Tensor:
    """What to add to each column of a matrix so that no entry is nearer to 0 than `gap`.

    For sums that go through a relu: at 0 it has a kink, where no gradient is judged. Of the multiples
    of 2.5 gap it is the smallest that will do: an entry rules out one of them at most.

    >>> away_from_zero(torch.tensor([[0.0, 0.0], [1.0, -0.2]]))
    tensor([ 0.2500, -0.2500])
    """
    k = torch.arange(len(Z) + 1)
    shifts = 2.5 * gap * ((k + 1) // 2) * torch.where(k % 2 == 1, 1.0, -1.0).to(Z.dtype)  # 0, +, -, +, …
    clear = ((Z + shifts[:, None, None]).abs() >= gap).all(dim=1)  # (shifts, columns)
    return shifts[clear.int().argmax(dim=0)]
