import torch


def relu_grad(x):
    return (torch.sign(x) + 1) / 2


def sigmoid_grad(x):
    return torch.sigmoid(x) * torch.sigmoid(-x)


def tanh_grad(x):
    return 4 * sigmoid_grad(2 * x)
