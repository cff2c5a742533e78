import torch


def relu(x):
    y = x.clone()
    y[y < 0] = 0
    return y


def sigmoid(x):
    y = torch.empty_like(x)
    high = x >= 0
    y[high] = 1 / (1 + torch.exp(-x[high]))
    e = torch.exp(x[~high])
    y[~high] = e / (1 + e)
    return y


def tanh(x):
    y = sigmoid(x * 2)
    y = y * 2
    y -= 1
    return y
