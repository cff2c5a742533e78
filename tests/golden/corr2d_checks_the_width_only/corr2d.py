import torch


def corr2d(X, K):
    h, w = K.shape
    if w > X.shape[1]:
        raise ValueError("K is larger than X")
    rows = [[(X[i : i + h, j : j + w] * K).sum() for j in range(X.shape[1] - w + 1)] for i in range(X.shape[0] - h + 1)]
    return torch.stack([torch.stack(row) for row in rows])
