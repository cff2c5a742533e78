import torch


class Mask:
    def __init__(self, p, generator):
        self.keep = 1.0 - p
        self.generator = generator

    def draw(self, like):
        noise = torch.rand(like.shape, generator=self.generator, dtype=torch.float64, device=like.device)
        return noise.lt(self.keep)

    def apply(self, X):
        return torch.where(self.draw(X), X / self.keep, 0.0)


def check_probability(p):
    if not 0 <= p <= 1:
        raise ValueError("bad p: " + str(p))


def dropout(X, p, training=True, generator=None):
    check_probability(p)
    if not training or p == 0:
        return X
    return torch.zeros_like(X) if p == 1 else Mask(p, generator).apply(X)
