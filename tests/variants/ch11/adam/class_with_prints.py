import torch


class Moment:
    """A running average that knows how far to trust itself."""

    def __init__(self, value, beta):
        self.value, self.beta = value, beta

    def update(self, new):
        self.value = self.beta * self.value + (1 - self.beta) * new
        return self

    def corrected(self, t):
        return self.value / (1 - self.beta**t)


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    first, second = Moment(m, beta1).update(grad), Moment(v, beta2).update(grad**2)
    print("step", t, "m", first.value, "v", second.value)
    direction = first.corrected(t) / (torch.sqrt(second.corrected(t)) + eps)
    print("moves by", -lr * direction)
    return param - lr * direction, first.value, second.value
