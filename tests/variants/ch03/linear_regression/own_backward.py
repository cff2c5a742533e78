import torch


class HalfSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y_hat, y):
        error = y_hat - y
        ctx.save_for_backward(error)
        return error**2 / 2

    @staticmethod
    def backward(ctx, grad):
        (error,) = ctx.saved_tensors
        return grad * error, -grad * error


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, w, b):
        ctx.save_for_backward(X, w)
        return X @ w + b

    @staticmethod
    def backward(ctx, grad):
        X, w = ctx.saved_tensors
        return grad @ w.T, X.T @ grad, grad.sum(dim=0)


def linreg(X, w, b):
    return Affine.apply(X, w, b)


def squared_loss(y_hat, y):
    return HalfSquare.apply(y_hat, y.reshape(y_hat.shape))


def sgd(params, grads, lr, batch_size):
    new = list(params)
    for k, grad in enumerate(grads):
        new[k] = new[k] - lr * grad / batch_size
    return new
