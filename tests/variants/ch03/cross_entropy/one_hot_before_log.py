import torch
from torch.nn.functional import one_hot


def cross_entropy(y_hat, y):
    mask = one_hot(y.long(), num_classes=y_hat.shape[1]).to(y_hat.dtype)
    return -torch.log((mask * y_hat).sum(dim=1))
