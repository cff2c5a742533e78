import torch


def relu(x):
    return torch.where(x > 0, x, torch.zeros_like(x))


def sigmoid(x):
    negative = x < 0
    rising = torch.exp(torch.where(negative, x, 0))
    falling = torch.exp(-torch.where(negative, 0, x))
    return torch.where(negative, rising / (1 + rising), 1 / (1 + falling))


def tanh(x):
    negative = x < 0
    a = torch.exp(2 * torch.where(negative, x, 0))
    b = torch.exp(-2 * torch.where(negative, 0, x))
    return torch.where(negative, (a - 1) / (a + 1), (1 - b) / (1 + b))
