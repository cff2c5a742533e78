import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, d = X.shape
    h = H0.shape[1]
    W = torch.cat([W_xh, W_hh, b_h[None]])  # (d + h + 1, h)
    V = torch.cat([W_hq, b_q[None]])  # (h + 1, q)
    one = torch.ones(n, 1, dtype=X.dtype, device=X.device)
    read, write, state = [], [], H0
    for t in range(T):
        read.append(torch.cat([X[t], state, one], dim=1))
        state = torch.tanh(read[-1] @ W)
        write.append(torch.cat([state, one], dim=1))
    E = torch.stack(write) @ V - Y
    dW, dV, later = torch.zeros_like(W), torch.zeros_like(V), torch.zeros_like(H0)
    for t in reversed(range(T)):
        dV = dV + write[t].T @ E[t]
        local = (E[t] @ V[:h].T + later) * (1 - write[t][:, :h] ** 2)
        dW = dW + read[t].T @ local
        later = (local @ W.T)[:, d : d + h]
    dW, dV = dW / (T * n), dV / (T * n)
    loss = (E**2).sum() / (2 * T * n)
    return loss, {"W_xh": dW[:d], "W_hh": dW[d : d + h], "b_h": dW[-1], "W_hq": dV[:h], "b_q": dV[-1]}
