import torch


def gaussian_nll(y, mu, sigma):
    """With the precision 1 / sigma instead of sigma."""
    if len([s for s in sigma.flatten().tolist() if s <= 0]):
        raise ValueError("each sigma must be positive")
    precision = sigma.reciprocal()
    z = y.sub(mu).mul(precision)
    two_pi = 2 * torch.pi
    logs = torch.zeros_like(y) + precision.log()
    return torch.einsum("n,n->", z, z) / 2 - logs.sum() + len(y) * 0.5 * torch.tensor(two_pi, dtype=y.dtype).log()
