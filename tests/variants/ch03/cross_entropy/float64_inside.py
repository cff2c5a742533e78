import torch


def cross_entropy(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    rows = torch.arange(y.numel())
    return torch.log(1 / y_hat.double()[rows, y.long()]).to(y_hat.dtype)
