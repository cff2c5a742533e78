import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n = X.shape[:2]
    H = torch.empty(T + 1, n, H0.shape[1], dtype=X.dtype, device=X.device)
    dZ = torch.empty_like(H[1:])
    with torch.no_grad():
        XW = X @ W_xh + b_h
        H[0] = H0
        for t in range(T):
            H[t + 1] = (XW[t] + H[t] @ W_hh).tanh()
        E = H[1:].reshape(T * n, -1) @ W_hq + b_q - Y.reshape(T * n, -1)
        loss = 0.5 * E.pow(2).sum(1).mean()
        E /= T * n
        back = (E @ W_hq.t()).reshape(T, n, -1)
        slope = 1 - H[1:].square()
        dZ[T - 1] = back[T - 1] * slope[T - 1]
        for t in range(T - 2, -1, -1):
            dZ[t] = (back[t] + dZ[t + 1] @ W_hh.t()) * slope[t]
        flat = dZ.reshape(T * n, -1)
        grads = {
            "b_q": E.sum(0),
            "b_h": flat.sum(0),
            "W_hq": H[1:].reshape(T * n, -1).t() @ E,
            "W_hh": H[:-1].reshape(T * n, -1).t() @ flat,
            "W_xh": X.reshape(T * n, -1).t() @ flat,
        }
    return loss, grads
