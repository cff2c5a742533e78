import torch


def linreg(X, w, b):
    return X @ w + b


def squared_loss(y_hat, y):
    return (y_hat - y) ** 2 / 2


def sgd(params, grads, lr, batch_size):
    return [param - lr * grad / batch_size for param, grad in zip(params, grads)]
