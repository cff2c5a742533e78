"""One step per kernel entry, last entry first: weighted copies of the image are added up in place."""

import torch


def corr2d(X, K):
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError(f"the kernel ({kh}, {kw}) must fit into the image ({h}, {w})")
    oh, ow = h - kh + 1, w - kw + 1
    out = torch.zeros(oh, ow).to(X)
    for a in reversed(range(kh)):
        for b in reversed(range(kw)):
            out += K[a, b] * X[a : a + oh, b : b + ow]
    return out
