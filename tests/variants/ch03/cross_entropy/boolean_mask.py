import torch


def cross_entropy(y_hat, y):
    mask = torch.zeros_like(y_hat, dtype=torch.bool)
    mask[torch.arange(len(y)), y] = True
    return torch.neg(torch.log(torch.masked_select(y_hat, mask)))
