import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError("p")
    if training is False:
        return X.clone()
    keep = torch.rand(X.shape, generator=generator, device=X.device) >= p
    return torch.where(keep, X / max(1 - p, 1e-300), torch.zeros_like(X)) if p < 1 else X * 0
