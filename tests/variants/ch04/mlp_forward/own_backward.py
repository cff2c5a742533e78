import torch


class ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, Z):
        ctx.save_for_backward(Z > 0)
        return Z.clamp_min(0)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0]


def mlp(X, W1, b1, W2, b2):
    flat = torch.stack([example.ravel() for example in X.unbind(0)])
    return ReLU.apply(flat @ W1 + b1) @ W2 + b2
