import torch


def predict(X, w, b):
    z = X.double() @ w.double() + b.double()
    return (z >= 0).to(torch.int64)


def update(w, b, x, y, lr=1.0):
    error = torch.as_tensor(y).double() - predict(x.reshape(1, -1), w, b).double().squeeze()
    new_w = w.double() + lr * error * x.double()
    new_b = b.double() + lr * error
    return new_w.to(w.dtype), new_b.to(b.dtype)
