import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, _ = X.shape
    H = [H0]
    for t in range(T):
        H.append(torch.tanh(X[t] @ W_xh + H[t] @ W_hh + b_h))

    loss = 0
    dH_next = torch.zeros_like(H0)
    names = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "W_hq": W_hq, "b_q": b_q}
    grads = {name: torch.zeros_like(param) for name, param in names.items()}
    for t in reversed(range(T)):
        error = H[t + 1] @ W_hq + b_q - Y[t]
        loss = loss + (error**2).sum() / (2 * T * n)
        dO = error / (T * n)
        dH = dO @ W_hq.T + dH_next
        dZ = dH * (1 - H[t + 1] ** 2)
        grads["W_xh"] = grads["W_xh"] + X[t].T @ dZ
        grads["W_hh"] = grads["W_hh"] + H[t].T @ dZ
        grads["b_h"] = grads["b_h"] + dZ.sum(dim=0)
        grads["W_hq"] = grads["W_hq"] + H[t + 1].T @ dO
        grads["b_q"] = grads["b_q"] + dO.sum(dim=0)
        dH_next = dH @ W_hh.T
    return loss, grads
