import torch


def corr2d(X, K):
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError(f"K of shape ({kh}, {kw}) does not fit into X of shape ({h}, {w})")
    K = K.flip(0, 1)
    rows = [
        torch.stack([(X[i : i + kh, j : j + kw] * K).sum() for j in range(w - kw + 1)])
        for i in range(h - kh + 1)
    ]
    return torch.stack(rows)
