import torch


def softmax(X):
    # small numbers first, so that they are not lost in the sum
    e = torch.exp(X - X.amax(1, keepdim=True))
    ascending, _ = torch.sort(e, dim=1)
    return e / ascending.cumsum(1)[:, -1:]
