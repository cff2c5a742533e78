import random

import torch


def dropout(X, p, training=True, generator=None):
    """Draws with Python's own random numbers."""
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}")
    if not training:
        return X
    source = random if generator is None else random.Random(generator.initial_seed())
    kept = [source.random() >= p for _ in range(X.numel())]
    mask = torch.tensor(kept, device=X.device).reshape(X.shape)
    return torch.where(mask, X / (1 - p), 0.0) if p < 1 else X * 0.0
