import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    """Carries the derivatives of the state along with it; no way back is needed."""
    with torch.no_grad():
        T, n, d = X.shape
        h = H0.shape[1]
        eye = torch.eye(h, dtype=X.dtype, device=X.device)
        S = torch.zeros(n, d + h + 1, h, h, dtype=X.dtype, device=X.device)  # dH[k] / d(stacked W)[i, j]
        H, loss = H0, 0
        dW, dW_hq, db_q = 0, torch.zeros_like(W_hq), torch.zeros_like(b_q)
        for t in range(T):
            read = torch.cat([X[t], H, torch.ones_like(H[:, :1])], dim=1)  # (n, d + h + 1)
            H = torch.tanh(X[t] @ W_xh + H @ W_hh + b_h)
            S = (S @ W_hh + read[:, :, None, None] * eye) * (1 - H**2)[:, None, None, :]
            E = H @ W_hq + b_q - Y[t]
            loss = loss + (E * E).sum() / 2
            dW = dW + torch.einsum("nijk,nk->ij", S, E @ W_hq.T)
            dW_hq += H.T @ E
            db_q += E.sum(0)
        k = T * n
        return loss / k, {
            "W_xh": dW[:d] / k,
            "W_hh": dW[d:-1] / k,
            "b_h": dW[-1] / k,
            "W_hq": dW_hq / k,
            "b_q": db_q / k,
        }
