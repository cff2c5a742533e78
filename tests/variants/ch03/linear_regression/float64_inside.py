import torch


def linreg(X, w, b):
    return (X.double().matmul(w.double()) + b.double()).to(X.dtype)


def squared_loss(y_hat, y):
    y = y.reshape(y_hat.shape)
    return (0.5 * (y_hat.double() - y.double()).pow(2)).to(y_hat.dtype)


def sgd(params, grads, lr, batch_size):
    return [(p.double() - lr * g.double() / batch_size).to(p.dtype) for p, g in zip(params, grads)]
