import torch


def cross_entropy(y_hat, y):
    return torch.cat([-row[label].log().reshape(1) for row, label in zip(y_hat, y.tolist(), strict=True)])
