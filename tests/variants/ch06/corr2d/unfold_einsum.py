import torch


def corr2d(X, K):
    if any(k > x for k, x in zip(K.shape, X.shape, strict=True)):
        raise ValueError(f"Input {tuple(X.shape)} smaller than filter {tuple(K.shape)}")
    patches = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
    return torch.einsum("ijab,ab->ij", patches, K)
