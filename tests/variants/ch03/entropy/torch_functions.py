import math

import torch
import torch.nn.functional as F


def entropy(p, base=math.e):
    return torch.special.entr(p).sum() / math.log(base)


def cross_entropy(p, q, base=math.e):
    seen = p > 0
    return entropy(p, base) + F.kl_div(q[seen].log(), p[seen], reduction="sum") / math.log(base)


def kl_divergence(p, q, base=math.e):
    seen = p > 0
    return F.kl_div(q[seen].log(), p[seen], reduction="sum") / math.log(base)
