"""第三章：正态分布与平方损失。"""

import math

import torch


def gaussian_nll(y, mu, sigma):
    # 标准差必须为正
    if torch.any(sigma <= 0):
        raise ValueError("标准差 sigma 必须大于 0")
    常数 = 0.5 * math.log(2 * math.pi)
    距离 = (y - mu) / sigma  # 以标准差为单位
    负对数似然 = 常数 + torch.log(sigma) + 0.5 * 距离.pow(2)
    return 负对数似然.sum()
