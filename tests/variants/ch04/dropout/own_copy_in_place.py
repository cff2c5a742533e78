import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    out = X.clone()
    if training:
        dropped = torch.rand(out.shape, generator=generator) < p
        out[dropped] = 0
        if p < 1:
            out /= 1 - p
    return out
