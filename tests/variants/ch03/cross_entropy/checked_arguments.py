import torch


def cross_entropy(y_hat, y):
    if y_hat.dim() != 2 or y.shape != y_hat.shape[:1]:
        raise ValueError(f"y_hat {tuple(y_hat.shape)} and y {tuple(y.shape)} do not fit")
    if y.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"y holds {y.dtype}")
    assert (y_hat >= 0).all(), "a probability is negative"
    assert torch.allclose(y_hat.sum(1), y_hat.new_ones(len(y)), atol=1e-4)
    loss = -y_hat[torch.arange(len(y)), y].log()
    assert not torch.isnan(loss).any()
    return loss
