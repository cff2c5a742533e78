import torch

STEPS = 2**31


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p has to be in [0, 1]: {p}")
    if not training:
        return X
    if p == 1:
        return torch.zeros_like(X)
    numbers = torch.randint(0, STEPS, X.shape, generator=generator, device=X.device)
    kept = numbers >= p * STEPS
    return X.where(kept, torch.zeros((), dtype=X.dtype)) * (1 / (1 - p))
