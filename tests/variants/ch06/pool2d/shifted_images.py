"""One step per position in the window, from -inf or 0."""

import torch


def pool2d(X, pool_size, mode="max"):
    ph, pw = pool_size
    oh, ow = X.shape[0] - ph + 1, X.shape[1] - pw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"window {pool_size} too large")
    if mode == "max":
        start, step = float("-inf"), torch.maximum
    elif mode == "avg":
        start, step = 0.0, torch.add
    else:
        raise ValueError(f"unknown mode: {mode}")
    Y = X.new_full((oh, ow), start)
    for a in range(ph):
        for b in range(pw):
            Y = step(Y, X[a : a + oh, b : b + ow])
    return Y / (ph * pw) if mode == "avg" else Y
