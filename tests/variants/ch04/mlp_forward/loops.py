import torch


def mlp(X, W1, b1, W2, b2):
    n = X.shape[0]
    d, h = W1.shape
    q = W2.shape[1]
    rows = []
    for i in range(n):
        x = X[i].reshape(-1)
        hidden = []
        for j in range(h):
            z = b1[j]
            for k in range(d):
                z = z + x[k] * W1[k, j]
            hidden.append(z if z > 0 else z * 0)
        row = []
        for j in range(q):
            o = b2[j]
            for k in range(h):
                o = o + hidden[k] * W2[k, j]
            row.append(o)
        rows.append(torch.stack(row))
    return torch.stack(rows)
