import math

import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    a = math.sqrt(2 / (fan_in + fan_out))
    return a * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)
