import math

import torch


def entropy(p, base=math.e):
    kept = p[p.nonzero().flatten()]
    return torch.einsum("k,k->", kept, -kept.log()) / math.log(base)


def cross_entropy(p, q, base=math.e):
    index = p.nonzero().flatten()
    return torch.einsum("k,k->", p.index_select(0, index), -q.index_select(0, index).log()) / math.log(base)


def kl_divergence(p, q, base=math.e):
    index = p.nonzero().flatten()
    p, q = p.index_select(0, index), q.index_select(0, index)
    return torch.einsum("k,k->", p, p.log().sub(q.log())) / math.log(base)
