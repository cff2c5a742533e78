import numpy as np
import torch


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    dtype = X.dtype
    x, y, h0, wx, wh, bh, wq, bq = (a.detach().cpu().numpy() for a in (X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q))
    T, n = x.shape[:2]
    hs = {-1: h0}
    for t in range(T):
        hs[t] = np.tanh(x[t].dot(wx) + hs[t - 1].dot(wh) + bh)
    loss = 0.0
    dwx, dwh, dbh, dwq, dbq = (np.zeros_like(a) for a in (wx, wh, bh, wq, bq))
    dhnext = np.zeros_like(h0)
    for t in reversed(range(T)):
        do = hs[t].dot(wq) + bq - y[t]
        loss += 0.5 * np.sum(do**2)
        dwq += hs[t].T.dot(do)
        dbq += do.sum(axis=0)
        dh = do.dot(wq.T) + dhnext
        draw = (1 - hs[t] * hs[t]) * dh
        dbh += draw.sum(axis=0)
        dwx += x[t].T.dot(draw)
        dwh += hs[t - 1].T.dot(draw)
        dhnext = draw.dot(wh.T)
    gradients = {"W_xh": dwx, "W_hh": dwh, "b_h": dbh, "W_hq": dwq, "b_q": dbq}
    scale = T * n
    return torch.tensor(loss / scale, dtype=dtype, device=X.device), {
        k: torch.tensor(g / scale, dtype=dtype, device=X.device) for k, g in gradients.items()
    }
