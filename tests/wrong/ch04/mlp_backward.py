import torch


def mlp_backward(X, y, W1, b1, W2, b2):
    n = len(X)
    H = torch.relu(X @ W1 + b1)
    log_P = torch.log_softmax(H @ W2 + b2, dim=1)
    loss = -log_P[range(n), y].mean()

    dO = torch.exp(log_P)
    dO[range(n), y] -= 1
    dO = dO / n
    dH = dO @ W2.T
    return loss, X.T @ dH, dH.sum(dim=0), H.T @ dO, dO.sum(dim=0)
