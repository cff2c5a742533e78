import torch


def crops(X, ph, pw):
    h, w = X.shape
    for a in reversed(range(ph)):
        for b in reversed(range(pw)):
            yield X[a : h - ph + 1 + a, b : w - pw + 1 + b]


def pool2d(X, pool_size, mode="max"):
    ph, pw = pool_size
    if ph > X.size(0) or pw > X.size(1):
        raise ValueError("pool_size > X.shape")
    stack = torch.stack(list(crops(X, ph, pw)))
    match mode:
        case "max":
            return torch.amax(stack, dim=0)
        case "avg":
            return torch.mean(stack, dim=0)
        case _:
            raise ValueError(f"mode={mode}")
