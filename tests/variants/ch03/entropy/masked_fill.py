import math

import torch


class Information:
    def __init__(self, base):
        self.scale = torch.tensor(base, dtype=torch.float64).log().item()

    def mean(self, weights, log_values):
        terms = weights * log_values
        terms = terms.masked_fill(weights == 0, 0.0)
        print("terms", terms)
        return -terms.sum() / self.scale


def entropy(p, base=math.e):
    return Information(base).mean(p, p.log())


def cross_entropy(p, q, base=math.e):
    return Information(base).mean(p, q.log())


def kl_divergence(p, q, base=math.e):
    return Information(base).mean(p, q.log() - p.log())
