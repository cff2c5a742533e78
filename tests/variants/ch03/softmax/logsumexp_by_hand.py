import torch


def logsumexp(X):
    m = X.max(dim=1, keepdim=True).values
    return m + torch.log(torch.exp(X - m).sum(dim=1, keepdim=True))


def softmax(X):
    return torch.exp(X - logsumexp(X))
