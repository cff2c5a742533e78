"""The pseudo-inverse, one column after the other (Greville's method)."""

import torch


def fit(X, y):
    A = torch.cat([X, torch.ones_like(X[:, :1])], dim=1)
    small = 1e-18 if A.dtype == torch.float64 else 1e-8
    P = None
    for k in range(A.shape[1]):
        a = A[:, k : k + 1]
        if P is None:
            norm = (a * a).sum()
            P = a.T / norm if norm > 0 else 0 * a.T
            continue
        shadow = P @ a
        rest = a - A[:, :k] @ shadow
        if (rest * rest).sum() > small * (1 + (a * a).sum()) * 1e2:
            row = rest.T / (rest * rest).sum()
        else:
            row = shadow.T @ P / (1 + (shadow * shadow).sum())
        P = torch.cat([P - shadow @ row, row])
    theta = P @ y.reshape(-1, 1)
    return theta[:-1], theta[-1]
