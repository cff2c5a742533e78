import torch


def accuracy(y_hat, y):
    assert y_hat.shape[0] == y.shape[0]
    if not len(y):
        raise ValueError("y must not be empty")
    if y_hat.is_floating_point():
        y_hat = torch.sort(y_hat, dim=1, descending=True, stable=True)[1][:, 0]
    hits = torch.where(y_hat == y, 1.0, 0.0)
    return (hits.sum() / hits.numel()).item()
