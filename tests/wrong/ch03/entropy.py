import math

import torch


def entropy(p, base=math.e):
    return cross_entropy(p, p, base)


def cross_entropy(p, q, base=math.e):
    return -(p * torch.log(q)).sum() / math.log(base)


def kl_divergence(p, q, base=math.e):
    return cross_entropy(p, q, base) - entropy(p, base)
