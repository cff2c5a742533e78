import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, _ = X.shape

    def step(t, H):
        """Loss and parameter gradients from step t on, and the gradient of the state before it."""
        if t == T:
            return 0.0, [0.0] * 5, torch.zeros_like(H)
        H_new = torch.tanh(X[t] @ W_xh + H @ W_hh + b_h)
        E = H_new @ W_hq + b_q - Y[t]
        loss, sums, G = step(t + 1, H_new)
        dZ = (E @ W_hq.T + G) * (1 - H_new**2)
        mine = [X[t].T @ dZ, H.T @ dZ, dZ.sum(0), H_new.T @ E, E.sum(0)]
        return (E**2).sum() / 2 + loss, [a + b for a, b in zip(mine, sums)], dZ @ W_hh.T

    loss, sums, _ = step(0, H0)
    names = ["W_xh", "W_hh", "b_h", "W_hq", "b_q"]
    return loss / (T * n), {name: s / (T * n) for name, s in zip(names, sums)}
