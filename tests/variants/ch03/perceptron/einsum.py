import torch


def score(X, w, b):
    return torch.einsum("nd,d->n", X, w) + b


def predict(X, w, b):
    return torch.where(score(X, w, b) < 0, 0, 1)


def update(w, b, x, y, lr=1.0):
    y_hat = predict(x.unsqueeze(0), w, b).squeeze(0)
    delta = (y - y_hat).to(w.dtype)
    return w + lr * delta * x, b + lr * delta
