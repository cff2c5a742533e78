import torch


def xavier_uniform(fan_in, fan_out, generator=None):
    """Xavier 均匀初始化。"""
    # 方差为 2 / (n_in + n_out)；均匀分布 U(-a, a) 的方差为 a² / 3
    方差 = 2 / (fan_in + fan_out)
    边界 = (3 * 方差) ** 0.5
    均匀 = torch.rand(fan_in, fan_out, generator=generator)  # [0, 1)
    return (均匀 - 0.5) * 2 * 边界
