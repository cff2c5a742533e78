import torch
from torch import nn


def relu_grad(x):
    y = nn.ReLU()(x)
    return torch.nan_to_num(y / x, nan=0.0)


def sigmoid_grad(x):
    y = nn.Sigmoid()(x)
    return torch.addcmul(y, y, y, value=-1)


def tanh_grad(x):
    y = nn.functional.softmax(torch.stack([x, -x]), dim=0)
    return 4 * y[0] * y[1]
