import torch
import torch.nn.functional as F


def linreg(X, w, b):
    return F.linear(X, w.T, b)


def squared_loss(y_hat, y):
    return F.mse_loss(y_hat, y.reshape(y_hat.shape), reduction="none") / 2


def sgd(params, grads, lr, batch_size):
    new = [torch.nn.Parameter(p.detach().clone()) for p in params]
    for p, g in zip(new, grads):
        p.grad = g.detach().clone() / batch_size
    if new:
        torch.optim.SGD(new, lr=lr).step()
    return new
