import torch.nn.functional as F


def gaussian_nll(y, mu, sigma):
    if (sigma <= 0).any().item():
        raise ValueError("sigma must be > 0")
    mu, var = mu.expand_as(y), sigma.square().expand_as(y)
    return F.gaussian_nll_loss(mu, y, var, full=True, eps=1e-30, reduction="sum")
