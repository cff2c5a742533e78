import torch


def cross_entropy(y_hat, y):
    identity = torch.eye(y_hat.shape[1], dtype=y_hat.dtype, device=y.device)
    return -torch.log(torch.einsum("nq,nq->n", y_hat, identity[y]))
