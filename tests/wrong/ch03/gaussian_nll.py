import math

import torch


def gaussian_nll(y, mu, sigma):
    if (sigma <= 0).any():
        raise ValueError("sigma must be positive")
    losses = (y - mu) ** 2 / (2 * sigma) + torch.log(sigma) / 2 + math.log(2 * math.pi) / 2
    return losses.sum()
