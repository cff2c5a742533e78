import torch


def predict(X, w, b):
    z = torch.matmul(X, w)
    z = z + b
    out = torch.zeros(len(X), dtype=torch.long, device=X.device)
    out[z >= 0] = 1
    return out


@torch.no_grad()
def update(w, b, x, y, lr=1.0):
    w, b = w.clone(), b.clone()
    y_hat = predict(x[None, :], w, b)[0]
    if y_hat != y:
        if y == 1:
            w += lr * x
            b += lr
        else:
            w -= lr * x
            b -= lr
    return w, b
