import torch


class Dropout(torch.autograd.Function):
    """Keeps its mask for the way back."""

    @staticmethod
    def forward(ctx, X, p, generator):
        scale = (torch.rand(X.shape, generator=generator, device=X.device) >= p).to(X.dtype)
        scale = scale / (1 - p) if p < 1 else torch.zeros_like(X)
        ctx.save_for_backward(scale)
        return X * scale

    @staticmethod
    def backward(ctx, grad):
        (scale,) = ctx.saved_tensors
        return grad * scale, None, None


def dropout(X, p, training=True, generator=None):
    if p > 1 or p < 0:
        raise ValueError(f"p = {p} is no probability")
    return Dropout.apply(X, p, generator) if training else X
