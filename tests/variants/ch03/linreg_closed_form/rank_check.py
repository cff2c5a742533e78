import torch


def fit(X, y):
    A = torch.nn.functional.pad(X, (0, 1), value=1.0)
    y = y.reshape(-1, 1)
    if torch.linalg.matrix_rank(A) == A.shape[1]:
        theta = torch.linalg.solve(A.T @ A, A.T @ y)
    else:
        theta = torch.linalg.pinv(A) @ y
    return theta[:-1], theta[-1]
