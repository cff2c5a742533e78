import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if not training:
        return X
    if p == 1.0:
        return torch.zeros(X.shape, dtype=X.dtype, device=X.device)
    return X * (torch.rand(X.size(), generator=generator, dtype=X.dtype, device=X.device) > p) * (1 / (1 - p))
