import torch
import torch.nn.functional as F


def relu(x):
    return F.threshold(x, 0, 0)


def sigmoid(x):
    # ln sigmoid(x) = -ln(1 + e^-x)
    return torch.exp(-F.softplus(-x))


def tanh(x):
    return sigmoid(2 * x) - sigmoid(-2 * x)
