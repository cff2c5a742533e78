import torch


def cross_entropy(y_hat, y):
    # log(1) = 0: the other classes vanish before the logarithm sees them
    is_true_class = torch.arange(y_hat.shape[1], device=y.device) == y.unsqueeze(1)
    return -torch.where(is_true_class, y_hat, torch.ones_like(y_hat)).log().sum(dim=1)
