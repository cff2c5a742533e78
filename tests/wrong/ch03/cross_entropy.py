import torch


def cross_entropy(y_hat, y):
    picked = y_hat[range(len(y)), y]
    return -torch.log(picked + 1e-8)
