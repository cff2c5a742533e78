import torch


def relu(x):
    return (x + x.abs()) / 2


def sigmoid(x):
    wide = x.double().clamp(-300, 300)
    return (1 / (1 + torch.exp(-wide))).to(x.dtype)


def tanh(x):
    wide = torch.clamp(x.to(torch.float64), min=-300, max=300)
    up, down = torch.exp(wide), torch.exp(-wide)
    return ((up - down) / (up + down)).type(x.dtype)
