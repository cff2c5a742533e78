import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    with torch.no_grad():
        return walk(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


def walk(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, d = X.shape
    parameters = dict(W_xh=W_xh, W_hh=W_hh, b_h=b_h, W_hq=W_hq, b_q=b_q)
    gradients = {name: torch.zeros_like(value) for name, value in parameters.items()}
    loss = torch.zeros((), dtype=X.dtype, device=X.device)
    for i in range(n):  # one sequence after the other
        h = [H0[i]]
        for t in range(T):
            h.append(torch.tanh(W_xh.T @ X[t, i] + W_hh.T @ h[-1] + b_h))
        dh_next = torch.zeros_like(H0[i])
        for t in range(T - 1, -1, -1):
            error = W_hq.T @ h[t + 1] + b_q - Y[t, i]
            loss += (error**2).sum() / 2
            gradients["b_q"] += error
            gradients["W_hq"] += torch.outer(h[t + 1], error)
            dz = (W_hq @ error + dh_next) * (1 - h[t + 1]) * (1 + h[t + 1])
            gradients["W_xh"] += torch.outer(X[t, i], dz)
            gradients["W_hh"] += torch.outer(h[t], dz)
            gradients["b_h"] += dz
            dh_next = W_hh @ dz
    return loss / (T * n), {name: value / (T * n) for name, value in gradients.items()}
