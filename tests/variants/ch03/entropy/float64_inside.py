import math

import torch


def _weighted(p, information, base):
    used = torch.nonzero(p, as_tuple=True)
    p, information = p[used].double(), information[used]
    return torch.dot(p, information) / math.log(base)


def entropy(p, base=math.e):
    return _weighted(p, -p.double().log(), base).to(p.dtype)


def cross_entropy(p, q, base=math.e):
    return _weighted(p, -q.double().log(), base).to(p.dtype)


def kl_divergence(p, q, base=math.e):
    return _weighted(p, p.double().log() - q.double().log(), base).to(p.dtype)
