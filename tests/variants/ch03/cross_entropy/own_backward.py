import torch


class NegativeLog(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y_hat, y):
        index = torch.arange(len(y)), y.long()
        picked = y_hat[index]
        ctx.save_for_backward(picked, *index)
        ctx.shape = y_hat.shape
        return -picked.log()

    @staticmethod
    def backward(ctx, grad):
        picked, rows, columns = ctx.saved_tensors
        out = grad.new_zeros(ctx.shape)
        out[rows, columns] = -grad / picked
        return out, None


def cross_entropy(y_hat, y):
    return NegativeLog.apply(y_hat, y)
