import torch


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[torch.arange(len(y)), y + y_hat.shape[1]])
