"""Adds in float64 and rounds the sum once."""

import torch


def encoding_table(n, d):
    table = torch.zeros(n, d, dtype=torch.float64)
    steps = torch.arange(n, dtype=torch.float64)
    for j in range(0, d, 2):
        angle = steps * torch.tensor(10000.0, dtype=torch.float64) ** (-j / d)
        table[:, j] = torch.sin(angle)
        if j + 1 < d:
            table[:, j + 1] = torch.cos(angle)
    return table


def positional_encoding(X):
    P = encoding_table(X.shape[1], X.shape[2]).to(X.device)
    return (X.double() + P).to(X.dtype)
