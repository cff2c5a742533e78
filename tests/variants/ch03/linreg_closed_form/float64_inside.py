import torch


def fit(X, y):
    A = torch.cat([X, torch.ones_like(X[:, :1])], dim=1).double()
    theta = torch.linalg.pinv(A, rtol=1e-10).matmul(y.double().reshape(-1, 1)).to(X.dtype)
    return theta[:-1], theta[-1]
