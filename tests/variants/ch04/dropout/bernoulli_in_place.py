import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if not training:
        return X * 1
    if p == 1:
        return X - X
    mask = torch.empty_like(X).bernoulli_(1 - p, generator=generator)
    mask.div_(1 - p)
    return X.mul(mask)
