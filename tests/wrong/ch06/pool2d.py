import torch


def pool2d(X, pool_size, mode="max"):
    (h, w), (ph, pw) = X.shape, pool_size
    if mode not in ("max", "avg"):
        raise ValueError(f"mode is {mode!r}, must be 'max' or 'avg'")
    if ph > h or pw > w:
        raise ValueError(f"pool_size {pool_size} does not fit into X of shape ({h}, {w})")
    result = torch.zeros(h - ph + 1, w - pw + 1, dtype=X.dtype, device=X.device)
    for i in range(ph):
        for j in range(pw):
            shifted = X[i : i + h - ph + 1, j : j + w - pw + 1]
            result = torch.maximum(result, shifted) if mode == "max" else result + shifted / (ph * pw)
    return result
