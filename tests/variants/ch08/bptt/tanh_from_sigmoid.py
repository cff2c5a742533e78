import torch


def tanh(z):
    return 2 * torch.sigmoid(2 * z) - 1


def tanh_slope(z):
    return 4 * torch.sigmoid(2 * z) * torch.sigmoid(-2 * z)


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, _ = X.shape
    Z, H = [], [H0]
    for t in range(T):
        Z.append(X[t] @ W_xh + H[t] @ W_hh + b_h)
        H.append(tanh(Z[t]))
    before, after = torch.stack(H[:-1]), torch.stack(H[1:])
    dO = (after @ W_hq + b_q - Y) / T / n
    loss = ((dO * T * n) ** 2).sum(-1).mean() / 2
    slopes = tanh_slope(torch.stack(Z))
    dZ = [(dO[-1] @ W_hq.T) * slopes[-1]]
    for t in range(T - 2, -1, -1):
        dZ.insert(0, (dO[t] @ W_hq.T + dZ[0] @ W_hh.T) * slopes[t])
    dZ = torch.stack(dZ)
    return (
        loss,
        dict(
            W_xh=torch.tensordot(X, dZ, dims=([0, 1], [0, 1])),
            W_hh=torch.tensordot(before, dZ, dims=([0, 1], [0, 1])),
            b_h=dZ.sum((0, 1)),
            W_hq=torch.tensordot(after, dO, dims=([0, 1], [0, 1])),
            b_q=dO.sum((0, 1)),
        ),
    )
