import torch


def encoding_table(n, d):
    steps = torch.arange(n, dtype=torch.float64).reshape(-1, 1)
    angles = steps / 10000 ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)[:, :d]


def positional_encoding(X):
    P = encoding_table(X.shape[1], X.shape[2])
    return X + P.to(dtype=X.dtype, device=X.device)
