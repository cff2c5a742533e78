import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if not training:
        return X.detach().clone() if not X.requires_grad else X.clone()
    if p == 1:
        return torch.full_like(X, 0.0)
    dropped = torch.empty(X.shape, device=X.device).uniform_(generator=generator) < p
    return (X / (1 - p)).masked_fill(dropped, 0.0)
