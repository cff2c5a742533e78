import torch.nn.functional as F


def pool2d(X, pool_size, mode="max"):
    if mode != "max" and mode != "avg":
        raise ValueError("mode?")
    oh, ow = X.shape[0] - pool_size[0] + 1, X.shape[1] - pool_size[1] + 1
    if oh <= 0 or ow <= 0:
        raise ValueError("pooling window exceeds the input")
    columns = F.unfold(X.unsqueeze(0).unsqueeze(0), pool_size)[0]  # (ph * pw, oh * ow)
    Y = columns.amax(0) if mode == "max" else columns.sum(0) / columns.shape[0]
    return Y.view(oh, ow)
