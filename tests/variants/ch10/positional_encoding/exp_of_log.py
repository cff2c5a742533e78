"""The usual exp(-log(10000) * 2j / d), in double precision; odd widths are cut off at the end."""

import math

import torch


def encoding_table(n, d):
    pos = torch.arange(0, n, dtype=torch.double).view(-1, 1)
    div_term = torch.exp(torch.arange(0, d, 2, dtype=torch.double) * -(math.log(10000.0) / d))
    sin, cos = torch.sin(pos * div_term), torch.cos(pos * div_term)
    return torch.stack((sin, cos), dim=-1).reshape(n, -1)[:, :d]


def positional_encoding(X):
    pe = encoding_table(*X.shape[1:]).to(X.dtype)
    return torch.add(X, pe.unsqueeze(0).expand(X.shape[0], -1, -1).to(X.device))
