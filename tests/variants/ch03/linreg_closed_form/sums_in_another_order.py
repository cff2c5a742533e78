import torch


def fit(X, y):
    n, d = X.shape
    order = torch.arange(n - 1, -1, -1, device=X.device)
    A = torch.empty(n, d + 1, dtype=X.dtype, device=X.device)
    A[:, 0] = 1
    A[:, 1:] = X[order]
    pseudo_inverse = torch.linalg.pinv(A)
    theta = (pseudo_inverse * y.reshape(-1)[order]).sum(dim=1)
    return theta[1:].reshape(d, 1), theta[:1]
