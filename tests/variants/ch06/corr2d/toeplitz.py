"""Cross-correlation is linear in X: build its matrix, then multiply."""

import torch


def corr2d(X, K):
    (h, w), (kh, kw) = X.shape, K.shape
    oh, ow = h - kh + 1, w - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError("kernel larger than input")
    matrix = torch.zeros(oh * ow, h * w, dtype=X.dtype, device=X.device)
    for i in range(oh):
        for j in range(ow):
            row = torch.zeros(h, w, dtype=X.dtype, device=X.device)
            row[i : i + kh, j : j + kw] = K
            matrix[i * ow + j] = row.flatten()
    return matrix.mv(X.flatten()).reshape(oh, ow)
