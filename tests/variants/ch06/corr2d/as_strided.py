import torch


def corr2d(X, K):
    (h, w), (kh, kw) = X.shape, K.shape
    if not (kh <= h and kw <= w):
        raise ValueError(f"K: {tuple(K.shape)} > X: {tuple(X.shape)}")
    down, right = X.stride()
    windows = torch.as_strided(X, (h - kh + 1, w - kw + 1, kh, kw), (down, right, down, right))
    return torch.tensordot(windows, K, dims=2)
