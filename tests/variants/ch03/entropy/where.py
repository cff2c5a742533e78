import math

import torch


def entropy(p, base=math.e):
    return cross_entropy(p, p, base)


def cross_entropy(p, q, base=math.e):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(p * torch.log(safe) / math.log(base)).sum()


def kl_divergence(p, q, base=math.e):
    one = torch.ones_like(p)
    ratio = torch.where(p > 0, p, one) / torch.where(p > 0, q, one)
    return torch.sum(p * torch.log(ratio)) / math.log(base)
