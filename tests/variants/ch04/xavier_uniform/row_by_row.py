import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    a = pow(6 / (fan_in + fan_out), 1 / 2)
    W = torch.zeros(fan_in, fan_out)
    for i in range(fan_in):
        W[i] = torch.rand(fan_out, generator=generator) * 2 - 1
    W.mul_(a)
    return W
