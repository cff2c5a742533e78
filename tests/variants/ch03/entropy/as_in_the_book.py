"""信息论附录中的写法。"""

import math

import torch
from torch.nn import NLLLoss  # noqa: F401


def nansum(x):
    # 将 nan 视为 0 后求和
    return x[~torch.isnan(x)].sum()


def entropy(p, base=math.e):
    # -p log p，其中 0 log 0 = 0
    return nansum(-p * torch.log2(p)) / math.log2(base)


def cross_entropy(p, q, base=math.e):
    ce = -p * torch.log2(q)
    return nansum(ce) / math.log2(base)


def kl_divergence(p, q, base=math.e):
    kl = p * torch.log2(p / q)
    return nansum(kl).abs() / math.log2(base)
