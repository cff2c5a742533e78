from math import log, pi

import torch


def gaussian_nll(y, mu, sigma):
    mu, sigma = mu.expand(len(y)), sigma.expand(len(y))
    total = 0.0
    for yi, mi, si in zip(y, mu, sigma):
        if si <= 0:
            raise ValueError(f"sigma must be greater than 0, but there is {si.item()}")
        total += 0.5 * log(2 * pi) + torch.log(si) + (yi - mi) ** 2 / (2 * si**2)
    return total
