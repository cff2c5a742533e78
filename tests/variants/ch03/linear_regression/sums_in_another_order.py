import torch


def linreg(X, w, b):
    y_hat = b.expand(len(X))
    for j in reversed(range(X.shape[1])):
        y_hat = y_hat + X[:, j] * w[j]
    return y_hat[:, None]


def squared_loss(y_hat, y):
    flat = y_hat.squeeze(1) if y_hat.dim() == 2 else y_hat
    target = y.squeeze(1) if y.dim() == 2 else y
    loss = 0.5 * (target - flat).abs() ** 2
    return loss[:, None] if y_hat.dim() == 2 else loss


def sgd(params, grads, lr, batch_size):
    return [param + grad * (-lr) / batch_size for param, grad in zip(params, grads)]
