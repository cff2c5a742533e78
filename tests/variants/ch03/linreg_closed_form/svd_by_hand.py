import torch


def fit(X, y):
    n, d = X.shape
    A = torch.cat([X, torch.ones(n, 1, dtype=X.dtype, device=X.device)], dim=1)
    U, S, Vh = torch.linalg.svd(A, full_matrices=False)
    kept = S > max(A.shape) * torch.finfo(A.dtype).eps * S[0]
    theta = Vh[kept].T @ ((U[:, kept].T @ y.reshape(n, 1)) / S[kept][:, None])
    return theta[:d], theta[d]
