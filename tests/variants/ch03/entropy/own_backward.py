import math

import torch


class Expectation(torch.autograd.Function):
    """The sum of -p log(q)."""

    @staticmethod
    def forward(ctx, p, q):
        ctx.save_for_backward(p, q)
        return -torch.nansum(p * torch.log(q))

    @staticmethod
    def backward(ctx, upstream):
        p, q = ctx.saved_tensors
        return -upstream * torch.log(q), -upstream * p / q


def entropy(p, base=math.e):
    return Expectation.apply(p, p) / math.log(base)


def cross_entropy(p, q, base=math.e):
    return Expectation.apply(p, q) / math.log(base)


def kl_divergence(p, q, base=math.e):
    return (Expectation.apply(p, q) - Expectation.apply(p, p)) / math.log(base)
