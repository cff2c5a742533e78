import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    shape = (fan_in, fan_out)
    bound = torch.sqrt(torch.tensor(6.0 / sum(shape)))
    sign = torch.randint(0, 2, shape, generator=generator) * 2 - 1
    size = torch.rand(shape, generator=generator)
    print("bound", bound)
    return bound * size * sign
