import math

import torch


def entropy(p, base=math.e):
    return -torch.xlogy(p, p).sum() / math.log(base)


def cross_entropy(p, q, base=math.e):
    return -torch.special.xlogy(p, q).sum().div(math.log(base))


def kl_divergence(p, q, base=math.e):
    return cross_entropy(p, q, base) - entropy(p, base)
