import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    a = (6.0 / (fan_in + fan_out)) ** 0.5
    return torch.empty((fan_in, fan_out), dtype=torch.float32).uniform_(-a, a, generator=generator)
