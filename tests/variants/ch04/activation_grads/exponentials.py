"""Only exponents below 0."""

import torch


def relu_grad(x):
    return torch.where(x > 0, torch.ones_like(x), torch.zeros_like(x))


def sigmoid_grad(x):
    z = torch.exp(-x.abs())
    return z / (1 + z) ** 2


def tanh_grad(x):
    z = torch.exp(-2 * x.abs())
    return 4 * z / (1 + z).pow(2)
