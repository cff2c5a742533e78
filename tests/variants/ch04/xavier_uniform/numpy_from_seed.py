import numpy as np
import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    seed = torch.randint(0, 2**62, (1,), generator=generator).item()
    a = np.sqrt(6 / (fan_in + fan_out))
    values = np.random.default_rng(seed).uniform(-a, a, size=(fan_in, fan_out))
    return torch.from_numpy(values.astype(np.float32))
