"""Everything is made of relu."""

import torch


def relu(x):
    return 0.5 * (x + torch.abs(x))


def sigmoid(x):
    print("sigmoid of", tuple(x.shape))
    up, down = torch.exp(-relu(-x)), torch.exp(-relu(x))
    return up / (up + down)


def tanh(x):
    up, down = torch.exp(-2 * relu(-x)), torch.exp(-2 * relu(x))
    return (up - down) / (up + down)
