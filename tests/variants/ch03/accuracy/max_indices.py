import torch


def accuracy(y_hat, y):
    n = y.numel()
    if n < 1:
        raise ValueError(f"need n >= 1 examples, got y of shape {tuple(y.shape)}")
    if y_hat.dim() == 2:
        _, y_hat = torch.max(y_hat, dim=1)
    return torch.count_nonzero(y_hat.eq(y)).item() / n
