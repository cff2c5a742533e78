import torch


def soft_max(X):
    e = torch.exp(X - X.amax(dim=1, keepdim=True))
    return e / e.sum(dim=1, keepdim=True)
