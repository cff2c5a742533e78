import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    """Draws the weights as nn.Linear would keep them."""
    linear_weight = torch.rand(fan_out, fan_in, generator=generator)
    linear_weight -= 0.5
    linear_weight *= (24 / (fan_in + fan_out)) ** 0.5
    return linear_weight.t()
