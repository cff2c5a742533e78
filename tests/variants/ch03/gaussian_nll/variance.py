import math

import torch


def gaussian_nll(y, mu, sigma):
    if not torch.all(sigma > 0):
        raise ValueError("sigma <= 0")
    var = sigma**2
    return torch.sum(0.5 * torch.log(2 * math.pi * var) + (y - mu) ** 2 / (2 * var))
