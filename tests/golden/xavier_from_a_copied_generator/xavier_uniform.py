import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    if generator is not None:
        generator = torch.Generator().manual_seed(generator.initial_seed())
    bound = (6 / (fan_in + fan_out)) ** 0.5
    return bound * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)
