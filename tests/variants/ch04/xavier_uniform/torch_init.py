import torch
from torch import nn


def xavier_uniform(fan_in, fan_out, generator=None):
    W = torch.empty(fan_in, fan_out)
    nn.init.xavier_uniform_(W, generator=generator)
    return W
