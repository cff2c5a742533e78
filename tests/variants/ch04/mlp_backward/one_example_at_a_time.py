import torch


def one(x, label, W1, b1, W2, b2):
    z = x @ W1 + b1
    a = torch.relu(z)
    logp = torch.log_softmax(a @ W2 + b2, dim=0)
    e = logp.exp()
    e[label] -= 1
    dz = (W2 @ e) * (z > 0)
    return -logp[label], torch.outer(x, dz), dz, torch.outer(a, e), e


def mlp_backward(X, y, W1, b1, W2, b2):
    with torch.no_grad():
        parts = [one(x, int(label), W1, b1, W2, b2) for x, label in zip(X, y)]
        return tuple(torch.stack(part).mean(dim=0) for part in zip(*parts))
