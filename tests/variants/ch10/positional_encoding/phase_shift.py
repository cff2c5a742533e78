"""A cosine is a sine that is a quarter of a turn ahead."""

import math

import torch


def encoding_table(n: int, d: int) -> torch.Tensor:
    column = torch.arange(d)
    speed = 10000.0 ** (-(column - column % 2).double() / d)
    ahead = (column % 2).double() * (math.pi / 2)
    return torch.sin(torch.arange(n).double()[:, None] * speed + ahead)


def positional_encoding(X: torch.Tensor) -> torch.Tensor:
    return X + encoding_table(X.shape[-2], X.shape[-1]).to(X)
