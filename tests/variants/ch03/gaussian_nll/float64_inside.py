import math

import torch


def gaussian_nll(y, mu, sigma):
    if sigma.min() <= 0:
        raise ValueError("sigma has an entry that is not positive")
    wide = [x.to(torch.float64).broadcast_to(y.shape) for x in (y, mu, sigma)]
    r = (wide[0] - wide[1]).square().div(wide[2].square())
    return (r + 2 * wide[2].log() + math.log(2 * math.pi)).mul(0.5).sum().to(y.dtype)
