import torch
from torch import nn


class Linear(nn.Module):
    def __init__(self, w, b):
        super().__init__()
        self.w, self.b = w, b

    def forward(self, X):
        print("X", X)
        return X.mm(self.w).add(self.b)


class HalfSquare:
    def __call__(self, error):
        return error * error * 0.5


def linreg(X, w, b):
    return Linear(w, b)(X)


def squared_loss(y_hat, y):
    column = HalfSquare()(y_hat.reshape(-1, 1) - y.reshape(-1, 1))
    return column.reshape(y_hat.shape)


class Descent:
    def __init__(self, rate):
        self.rate = rate

    def step(self, param, grad):
        print("moves by", -self.rate * grad)
        return param - self.rate * grad


def sgd(params, grads, lr, batch_size):
    descent = Descent(lr / batch_size)
    return list(map(descent.step, params, grads))
