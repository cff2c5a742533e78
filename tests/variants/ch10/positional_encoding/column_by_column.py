"""One column at a time, from the last to the first, with prints on the way."""

import torch


def encoding_table(n, d):
    steps = torch.arange(n).to(torch.float64)
    columns = []
    for k in reversed(range(d)):
        angle = steps / 10000.0 ** ((k // 2 * 2) / d)
        columns.insert(0, torch.cos(angle) if k % 2 else torch.sin(angle))
    table = torch.column_stack(columns)
    print("table", table.shape)
    return table


def positional_encoding(X):
    print("X", X.shape, X.dtype)
    Y = X.clone()
    Y += encoding_table(X.size(1), X.size(2)).to(X.device, X.dtype)
    return Y
