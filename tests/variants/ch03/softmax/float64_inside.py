import torch


def softmax(X: torch.Tensor) -> torch.Tensor:
    """Everything in double precision, then back."""
    wide = X.to(torch.float64)
    wide = wide - wide.amax(dim=-1, keepdim=True)
    return (wide.exp() / wide.exp().sum(dim=-1, keepdim=True)).type_as(X)
