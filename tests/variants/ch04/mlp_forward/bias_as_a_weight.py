import torch


def with_ones(X):
    return torch.cat([X, torch.ones(X.shape[0], 1, dtype=X.dtype, device=X.device)], dim=1)


def mlp(X, W1, b1, W2, b2):
    first = torch.cat([W1, b1.unsqueeze(0)])  # the bias is the weight of an input that is always 1
    second = torch.cat([W2, b2.unsqueeze(0)])
    H = with_ones(X.reshape(X.shape[0], -1)) @ first
    return with_ones((H + H.abs()) / 2) @ second
