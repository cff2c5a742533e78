"""Tensors and values as text, for messages: small, aligned, wrong entries marked as `>1.5<`."""

from __future__ import annotations

import torch

from dlex.language import _

MAX_ROWS, MAX_COLUMNS, MAX_TEXT = 8, 8, 300


def render_value(value: object) -> str:
    """A value on one or a few lines."""
    if isinstance(value, torch.Tensor):
        return render_tensor(value)
    text = repr(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def render_tensor(tensor: torch.Tensor, wrong: torch.Tensor | None = None, digits: int = 0) -> str:
    """A tensor's entries with dtype and shape; those where `wrong` is true are marked. At least so many
    `digits`.

    >>> print(render_tensor(torch.tensor([[1.0, 2.5]]), torch.tensor([[False, True]])))
    [[ 1 , >2.5<]]  float32 (1, 2)
    """
    digits = max(digits, _digits(tensor))
    suffix = f"  {str(tensor.dtype).removeprefix('torch.')} {_shape(tensor)}"
    if tensor.numel() == 0:
        return f"[]{suffix}"
    if tensor.dim() == 0:
        return _entry(tensor.item(), digits) + suffix
    if tensor.dim() > 2:
        return _render_stack(tensor, wrong, digits) + suffix
    matrix = tensor.reshape(-1, tensor.shape[-1]) if tensor.dim() == 2 else tensor.reshape(1, -1)
    marks = None if wrong is None else wrong.reshape(matrix.shape)
    lines = _matrix_lines(matrix, marks, digits)
    if tensor.dim() == 1:
        return lines[0] + suffix
    return "[" + "\n ".join(lines) + "]" + suffix


def _shape(tensor: torch.Tensor) -> str:
    return str(tuple(tensor.shape))


def _render_stack(tensor: torch.Tensor, wrong: torch.Tensor | None, digits: int) -> str:
    """More than two dimensions: the first matrix that has a wrong entry, and where it sits."""
    where = (0,) * (tensor.dim() - 2)
    if wrong is not None and bool(wrong.any()):
        where = tuple(wrong.nonzero()[0].tolist())[: tensor.dim() - 2]
    lines = _matrix_lines(tensor[where], None if wrong is None else wrong[where], digits)
    index = ", ".join(map(str, where))
    return _("at [{index}]:").format(index=index) + "\n[" + "\n ".join(lines) + "]"


def _matrix_lines(matrix: torch.Tensor, marks: torch.Tensor | None, digits: int) -> list[str]:
    rows, columns = _shown(matrix.shape[0], MAX_ROWS), _shown(matrix.shape[1], MAX_COLUMNS)
    cells = [
        ["…" if i is None or j is None else _mark(matrix, marks, i, j, digits) for j in columns] for i in rows
    ]
    if marks is not None and bool(marks.any()):  # room for the marks around every entry
        cells = [[c if c.startswith(">") or c == "…" else f" {c} " for c in row] for row in cells]
    widths = [max(len(row[j]) for row in cells) for j in range(len(columns))]
    aligned = [", ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return [f"[{line}]" for line in aligned]


def _shown(size: int, limit: int) -> list[int | None]:
    """Indices to show; None stands for those left out."""
    if size <= limit:
        return list(range(size))
    return [*range(limit - 2), None, size - 1]


def _mark(matrix, marks, i: int, j: int, digits: int) -> str:
    text = _entry(matrix[i, j].item(), digits)
    return f">{text}<" if marks is not None and bool(marks[i, j]) else text


def _digits(tensor: torch.Tensor) -> int:
    return 4 if tensor.dtype in (torch.float16, torch.bfloat16) else 5


def _entry(value: object, digits: int) -> str:
    if isinstance(value, float):
        return f"{value + 0.0:.{digits}g}"  # -0 is shown as 0
    if isinstance(value, complex):
        return f"{value.real:.{digits}g}{value.imag:+.{digits}g}j"
    return str(value)
