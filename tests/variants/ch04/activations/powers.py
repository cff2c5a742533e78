import math

import torch


class Exponential:
    """exp(a) / (exp(a) + exp(b)), for a and b of any size."""

    def __init__(self, base=math.e):
        self.base = base

    def share(self, a, b):
        top = torch.max(a, b).detach()
        first, second = self.base ** (a - top), self.base ** (b - top)
        return first / (first + second)


shares = Exponential()


def relu(x):
    return torch.max(x, torch.tensor(0.0, dtype=x.dtype, device=x.device))


def sigmoid(x):
    return shares.share(x, torch.zeros_like(x))


def tanh(x):
    return shares.share(x, -x) - shares.share(-x, x)
