import torch


def softmax():
    return torch.ones(1, 1)
