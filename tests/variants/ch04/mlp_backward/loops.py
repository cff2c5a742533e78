import math

import torch


def mlp_backward(X, y, W1, b1, W2, b2):
    n, d = X.shape
    h, q = W2.shape
    x, w1, c1 = X.tolist(), W1.tolist(), b1.tolist()
    w2, c2, labels = W2.tolist(), b2.tolist(), y.tolist()
    loss = 0.0
    dw1 = [[0.0] * h for _ in range(d)]
    dc1 = [0.0] * h
    dw2 = [[0.0] * q for _ in range(h)]
    dc2 = [0.0] * q
    for i in range(n):
        z = [sum(x[i][k] * w1[k][j] for k in range(d)) + c1[j] for j in range(h)]
        a = [max(v, 0.0) for v in z]
        o = [sum(a[k] * w2[k][j] for k in range(h)) + c2[j] for j in range(q)]
        top = max(o)
        e = [math.exp(v - top) for v in o]
        total = sum(e)
        loss += math.log(total) + top - o[labels[i]]
        do = [(e[j] / total - (j == labels[i])) / n for j in range(q)]
        for j in range(q):
            dc2[j] += do[j]
            for k in range(h):
                dw2[k][j] += a[k] * do[j]
        for k in range(h):
            if z[k] > 0:
                dz = sum(do[j] * w2[k][j] for j in range(q))
                dc1[k] += dz
                for m in range(d):
                    dw1[m][k] += x[i][m] * dz
    make = lambda v: torch.tensor(v, dtype=X.dtype, device=X.device)
    return make(loss / n), make(dw1), make(dc1), make(dw2), make(dc2)
