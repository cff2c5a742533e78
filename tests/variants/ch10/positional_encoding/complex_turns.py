"""Every pair of columns is a complex number that turns by the same angle at each step."""

import torch


def encoding_table(n, d):
    half = (d + 1) // 2
    w = 10000.0 ** (-2.0 * torch.arange(half, dtype=torch.float64) / d)
    turn = torch.exp(1j * w)
    z = turn.unsqueeze(0) ** torch.arange(n).unsqueeze(1)
    pairs = torch.view_as_real(z)
    return torch.cat([pairs[..., 1:], pairs[..., :1]], dim=-1).flatten(-2)[..., :d]


def positional_encoding(X):
    return X + encoding_table(*X.shape[-2:]).to(X.device).to(X.dtype)
