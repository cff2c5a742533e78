"""Beyond these bounds nothing changes any more, not even in float64."""

import torch


def relu(x):
    return x.clamp(min=0.0)


def sigmoid(x):
    return 1 / (1 + torch.exp(-x.clamp(-45, 45)))


def tanh(x):
    e = torch.expm1(2 * torch.clip(x, -25, 25))
    return e / (e + 2)
