import math

import torch


def log(x, base):
    return torch.log(x) / math.log(base)


def entropy(p, base=math.e):
    total = torch.zeros((), dtype=p.dtype, device=p.device)
    for pi in p:
        if pi != 0:
            total = total - pi * log(pi, base)
    return total


def cross_entropy(p, q, base=math.e):
    total = torch.zeros((), dtype=p.dtype, device=p.device)
    for pi, qi in zip(p, q):
        if pi != 0:
            total = total - pi * log(qi, base)
    return total


def kl_divergence(p, q, base=math.e):
    total = torch.zeros((), dtype=p.dtype, device=p.device)
    for i in range(len(p)):
        if p[i] == 0:
            continue
        total += p[i] * (log(p[i], base) - log(q[i], base))
    return total
