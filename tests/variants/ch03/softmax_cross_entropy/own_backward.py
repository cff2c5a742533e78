import torch


def grad(logits, y):
    e = torch.exp(logits - logits.amax(1, keepdim=True))
    p = e / e.sum(1, keepdim=True)
    return (p - torch.eye(p.shape[1], dtype=p.dtype, device=p.device)[y]) / len(y)


class Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, y):
        ctx.save_for_backward(logits, y)
        m = logits.amax(1)
        return (m + (logits - m[:, None]).exp().sum(1).log() - logits[torch.arange(len(y)), y]).mean()

    @staticmethod
    def backward(ctx, upstream):
        return upstream * grad(*ctx.saved_tensors), None


def loss(logits, y):
    return Loss.apply(logits, y)
