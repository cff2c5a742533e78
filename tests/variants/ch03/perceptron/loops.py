import torch


def predict(X, w, b):
    classes = []
    for row in X:
        z = 0.0
        for value, weight in zip(row.tolist(), w.tolist()):
            z += value * weight
        z += b.item()
        classes.append(1 if z >= 0 else 0)
    return torch.tensor(classes, device=X.device)


def update(w, b, x, y, lr=1.0):
    z = sum(value * weight for value, weight in zip(x.tolist(), w.tolist())) + b.item()
    if (z >= 0) == bool(y):
        return w, b
    sign = 1 if y == 1 else -1
    new_w = w.clone()
    for j in range(len(w)):
        new_w[j] = w[j] + lr * sign * x[j]
    return new_w, b + lr * sign
