"""Float64 inside, a float32 table outside, and a private helper for the sum."""

import torch


def _table(n, d, dtype):
    position = torch.arange(n, dtype=torch.float64).unsqueeze(1)
    div = torch.pow(torch.tensor(10000.0, dtype=torch.float64), torch.arange(0, d, 2).double() / d)
    angle = position / div
    P = torch.zeros((n, d), dtype=torch.float64)
    P[:, 0::2] = angle.sin()
    P[:, 1::2] = angle[:, : P[:, 1::2].shape[1]].cos()
    return P.to(dtype)


def encoding_table(n, d):
    return _table(n, d, torch.float32)


def positional_encoding(X):
    return X + _table(X.size(1), X.size(2), X.dtype).to(X.device)
