"""The driver that looks at singular values is there on the CPU only."""

import torch


def fit(X, y):
    y = y.unsqueeze(1) if y.dim() == 1 else y
    A = torch.cat((X, torch.ones_like(y)), dim=1)
    theta = torch.linalg.lstsq(A.cpu(), y.cpu(), driver="gelsd").solution.to(X.device)
    w, b = torch.split(theta, [X.shape[1], 1])
    return w, b.reshape(1)
