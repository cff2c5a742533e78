import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if not training or p == 0:
        return X
    if p == 1:
        return torch.zeros_like(X)
    keep = torch.bernoulli(torch.full_like(X, 1 - p).detach(), generator=generator)
    return X * keep / (1 - p)
