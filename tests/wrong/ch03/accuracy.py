import torch


def accuracy(y_hat, y):
    if len(y) == 0:
        raise ValueError("y is empty")
    if y_hat.dim() == 2:
        y_hat = y_hat.argmax(dim=1, keepdim=True)
    return (y_hat == y).sum().item() / len(y)
