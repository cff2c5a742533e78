import torch


def linreg(X, w, b):
    out = torch.zeros(len(X), 1, dtype=X.dtype, device=X.device)
    out += X @ w
    out += b
    return out


def squared_loss(y_hat, y):
    error = y_hat.clone()
    error -= y.reshape(y_hat.shape)
    return error.square().div_(2)


def sgd(params, grads, lr, batch_size):
    new = [param.detach().clone() for param in params]
    with torch.no_grad():
        for param, grad in zip(new, grads):
            param -= lr * grad / batch_size
    return new
