"""A module as in the book, with a cache that grows when a longer input comes."""

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, num_hiddens, max_len=16):
        super().__init__()
        self.num_hiddens = num_hiddens
        self.register_buffer("P", self.build(max_len))

    def build(self, length):
        P = torch.zeros(length, self.num_hiddens, dtype=torch.float64)
        w = torch.pow(10000.0, -torch.arange(0, self.num_hiddens, 2, dtype=torch.float64) / self.num_hiddens)
        angles = torch.outer(torch.arange(length, dtype=torch.float64), w)
        P[:, ::2] = torch.sin(angles)
        P[:, 1::2] = torch.cos(angles[:, : self.num_hiddens // 2])
        return P

    def forward(self, X):
        if X.shape[1] > len(self.P):
            self.P = self.build(2 * X.shape[1])
        return X + self.P[: X.shape[1]].to(X)


MODULES = {}


def module_for(d):
    if d not in MODULES:
        MODULES[d] = PositionalEncoding(d)
    return MODULES[d]


def encoding_table(n, d):
    return module_for(d)(torch.zeros(1, n, d, dtype=torch.float64))[0]


def positional_encoding(X):
    return module_for(X.shape[2])(X)
