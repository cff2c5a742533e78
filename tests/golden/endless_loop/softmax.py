import torch


def softmax(X):
    i = 0
    while X.requires_grad:
        i += 1
    e = torch.exp(X - X.amax(dim=1, keepdim=True))
    P = e / e.sum(dim=1, keepdim=True)
    return P
