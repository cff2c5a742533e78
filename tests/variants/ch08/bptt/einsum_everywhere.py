import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    T, n, _ = X.shape
    H = [H0]
    for t in range(T):
        H.append(
            torch.tanh(torch.einsum("nd,dh->nh", X[t], W_xh) + torch.einsum("ng,gh->nh", H[t], W_hh) + b_h)
        )
    dO = [(torch.einsum("nh,hq->nq", H[t + 1], W_hq) + b_q - Y[t]) / (T * n) for t in range(T)]
    loss = sum(torch.einsum("nq,nq->", e, e) for e in dO) * (T * n) / 2
    dZ, following = [None] * T, torch.zeros_like(H0)
    for t in reversed(range(T)):
        following = (torch.einsum("nq,hq->nh", dO[t], W_hq) + following) * (1 - H[t + 1] * H[t + 1])
        dZ[t] = following
        following = torch.einsum("nh,gh->ng", following, W_hh)
    return loss, {
        "W_xh": sum(torch.einsum("nd,nh->dh", X[t], dZ[t]) for t in range(T)),
        "W_hh": sum(torch.einsum("ng,nh->gh", H[t], dZ[t]) for t in range(T)),
        "b_h": sum(dZ).sum(0),
        "W_hq": sum(torch.einsum("nh,nq->hq", H[t + 1], dO[t]) for t in range(T)),
        "b_q": sum(dO).sum(0),
    }
