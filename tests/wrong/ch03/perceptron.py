import torch


def predict(X, w, b):
    return (X @ w + b >= 0).long()


def update(w, b, x, y, lr=1.0):
    error = predict(x[None, :], w, b)[0] - y
    return w + lr * error * x, b + lr * error
