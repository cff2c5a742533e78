import torch


def dropout(X, p, training=True, generator=None):
    print("dropout", X.shape, p)
    if not 0 <= p <= 1:
        raise ValueError("p is out of range")
    if not training:
        return X
    wide = X.to(torch.float64)
    noise = torch.rand(X.shape, generator=generator, dtype=torch.float64, device=X.device)
    mask = noise.sub(p).sign().clamp(0, 1)
    if p == 1:
        return torch.zeros_like(X)
    return (mask * wide / (1 - p)).to(X.dtype)
