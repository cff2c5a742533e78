import math

import torch
from torch import nn


def xavier_uniform(fan_in, fan_out, generator=None):
    weight = nn.Parameter(torch.zeros(fan_in, fan_out))
    bound = math.sqrt(3.0) * math.sqrt(2.0 / (fan_in + fan_out))
    with torch.no_grad():
        weight.copy_(torch.rand(fan_in, fan_out, generator=generator) * 2 * bound - bound)
    return weight
