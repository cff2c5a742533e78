import torch


def fit(X, y):
    ones = torch.ones(X.shape[0], 1).to(X)
    theta = torch.linalg.lstsq(torch.cat([ones, X], 1), y.reshape(-1, 1), driver="gelss")[0]
    return theta[1:], theta[0]
