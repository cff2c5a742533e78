import torch


def linreg(X, w, b):
    return torch.sum(X * w.squeeze(-1), dim=-1, keepdim=True) + b


def squared_loss(y_hat, y):
    if y.shape != y_hat.shape:
        y = y[:, None] if y_hat.ndim == 2 else y[:, 0]
    return torch.square(y_hat - y) * 0.5


def sgd(params, grads, lr, batch_size):
    means = [grad / batch_size for grad in grads]
    return [param - mean * lr for param, mean in zip(params, means)]
