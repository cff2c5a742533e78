"""The bias as the weight of a feature that is always 1."""

import torch


def extend(X):
    return torch.cat([X, X.new_ones(X.shape[0], 1)], dim=1)


def predict(X, w, b):
    theta = torch.cat([w, b.reshape(-1)])
    z = (extend(X) * theta).sum(dim=1)
    return torch.heaviside(z, torch.ones_like(z)).to(torch.int64)


def update(w, b, x, y, lr=1.0):
    row = extend(x.reshape(1, -1))[0]
    theta = torch.cat([w, b.reshape(-1)])
    predicted = 1 if (row * theta).sum() >= 0 else 0
    theta = theta + lr * float(y - predicted) * row
    return theta[:-1], theta[-1].reshape(b.shape)
