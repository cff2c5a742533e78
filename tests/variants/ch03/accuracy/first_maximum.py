import torch


def accuracy(y_hat, y):
    if y.shape == (0,):
        raise ValueError("empty batch")
    if y_hat.dim() == 1:
        right = y_hat == y
    else:
        is_max = y_hat == y_hat.amax(dim=1, keepdim=True)
        columns = torch.arange(y_hat.shape[1], device=y.device).expand_as(y_hat)
        first = torch.where(is_max, columns, y_hat.shape[1]).amin(dim=1)
        right = torch.isin(first - y, 0)
    return 1.0 - float((~right).double().mean())
