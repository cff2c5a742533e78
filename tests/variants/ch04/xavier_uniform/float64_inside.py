import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    total = torch.tensor(fan_in + fan_out, dtype=torch.float64)
    a = torch.sqrt(6 / total)
    u = torch.rand(fan_in, fan_out, dtype=torch.float64, generator=generator)
    return torch.lerp(-a, a, u).float()
