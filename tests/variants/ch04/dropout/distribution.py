import torch


def dropout(X, p, training=True, generator=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if not training or p == 0:
        return X
    if p == 1:
        return torch.zeros_like(X)
    if generator is None:
        mask = torch.distributions.Bernoulli(probs=1 - p).sample(X.shape).to(X.device)
    else:
        mask = torch.rand(X.shape, generator=generator, device=X.device) < 1 - p
    return torch.mul(mask, X).div(1 - p)
