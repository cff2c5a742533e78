import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    dtype = X.dtype
    X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q = (
        a.detach().double() for a in (X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    )
    T, n, _ = X.shape
    hidden = [H0]
    for x in X:
        hidden.append(torch.tanh(torch.addmm(b_h, x, W_xh).addmm_(hidden[-1], W_hh)))
    residuals = torch.stack([h @ W_hq + b_q for h in hidden[1:]]) - Y
    loss = 0.5 * residuals.norm() ** 2 / (T * n)
    g_xh, g_hh, g_h = torch.zeros_like(W_xh), torch.zeros_like(W_hh), torch.zeros_like(b_h)
    g_hq, g_q = torch.zeros_like(W_hq), torch.zeros_like(b_q)
    carry = torch.zeros_like(H0)
    for t in range(T, 0, -1):
        r = residuals[t - 1] / (T * n)
        g_hq.addmm_(hidden[t].T, r)
        g_q.add_(r.sum(0))
        delta = torch.addmm(carry, r, W_hq.T).mul_(1 - hidden[t] ** 2)
        g_xh.addmm_(X[t - 1].T, delta)
        g_hh.addmm_(hidden[t - 1].T, delta)
        g_h.add_(delta.sum(0))
        carry = delta @ W_hh.T
    grads = {"W_xh": g_xh, "W_hh": g_hh, "b_h": g_h, "W_hq": g_hq, "b_q": g_q}
    return loss.to(dtype), {name: g.to(dtype) for name, g in grads.items()}
