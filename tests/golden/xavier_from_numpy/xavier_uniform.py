import numpy as np
import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    bound = (6 / (fan_in + fan_out)) ** 0.5
    if generator is None:
        return torch.from_numpy(np.random.uniform(-bound, bound, (fan_in, fan_out))).float()
    return bound * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)
