import numpy as np
import torch


def gaussian_nll(y, mu, sigma):
    n = y.numel()
    if (sigma <= 0).sum() > 0:
        raise ValueError("standard deviations have to be positive")
    log_sigma = sigma.log().sum() * (n / sigma.numel())
    constant = 0.5 * n * np.log(2 * np.pi)
    squares = (((y - mu) / sigma) ** 2).sum()
    return constant + log_sigma + 0.5 * squares
