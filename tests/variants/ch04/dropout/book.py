"""As in the book, with a ValueError."""

import torch


def dropout(X, p, training=True, generator=None):
    if not (0 <= p <= 1):
        raise ValueError(f"dropout probability p={p}")
    if not training:
        return X
    if p == 1:
        return torch.zeros_like(X)
    if p == 0:
        return X
    mask = (torch.rand(X.shape, generator=generator, device=X.device) > p).float()
    return mask * X / (1.0 - p)
