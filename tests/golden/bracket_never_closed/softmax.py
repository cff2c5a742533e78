import torch


def softmax(X):
    return torch.exp(X / 2
