import math

import torch


class Initializer:
    def __init__(self, generator):
        self.generator = generator

    def between(self, low, high, *shape):
        return low + (high - low) * torch.rand(*shape, generator=self.generator)

    def xavier(self, fan_in, fan_out):
        a = math.sqrt(6) / math.sqrt(fan_in + fan_out)
        return self.between(-a, a, fan_in, fan_out)


def xavier_uniform(fan_in, fan_out, generator=None):
    return Initializer(generator).xavier(fan_in, fan_out)
