import math

import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    a = math.sqrt(6 / (fan_in + fan_out))
    rows = []
    for _ in range(fan_in):
        row = []
        for _ in range(fan_out):
            u = torch.rand((), generator=generator).item()
            row.append(-a + 2 * a * u)
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float32)
