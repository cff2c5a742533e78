import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p is {p}, must be from 0 to 1")
    if not training:
        return X
    mask = torch.rand(X.shape, generator=generator, dtype=X.dtype, device=X.device) >= p
    return mask * X
