import torch


@torch.no_grad()
def mlp_backward(X, y, W1, b1, W2, b2):
    n = X.shape[0]
    rows = torch.arange(n)
    Z = torch.addmm(b1, X, W1)
    H = Z.clone().relu_()
    L = torch.addmm(b2, H, W2)
    L.sub_(L.max(dim=1, keepdim=True).values)
    L.sub_(L.exp().sum(dim=1, keepdim=True).log_())
    loss = L[rows, y].sum().neg_().div_(n)
    G = L.exp_()
    G[rows, y] -= 1
    G.div_(n)
    dW1, db1, dW2, db2 = (torch.zeros_like(p) for p in (W1, b1, W2, b2))
    dW2 += H.T @ G
    db2 += G.sum(dim=0)
    B = (G @ W2.T).masked_fill_(Z <= 0, 0)
    dW1 += X.T @ B
    db1 += B.sum(dim=0)
    return loss, dW1, db1, dW2, db2
