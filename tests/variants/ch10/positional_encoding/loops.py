"""Entry by entry, with the functions of math."""

import math

import torch


def encoding_table(n, d):
    rows = []
    for i in range(n):
        row = []
        for k in range(d):
            angle = i / math.pow(10000, (k - k % 2) / d)
            if k % 2 == 0:
                row.append(math.sin(angle))
            else:
                row.append(math.cos(angle))
        rows.append(row)
    return torch.tensor(rows)


def positional_encoding(X):
    b, n, d = X.shape
    Y = torch.empty_like(X)
    table = torch.empty(n, d, dtype=torch.float64)
    for i in range(n):
        for k in range(d):
            angle = i / 10000 ** (2 * (k // 2) / d)
            table[i, k] = math.sin(angle) if k % 2 == 0 else math.cos(angle)
    for example in range(b):
        Y[example] = X[example] + table.to(X.dtype).to(X.device)
    return Y
