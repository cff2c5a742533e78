import torch


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam 算法的一步更新。"""
    动量 = beta1 * m + (1 - beta1) * grad  # 一阶矩
    二阶矩 = beta2 * v + (1 - beta2) * torch.square(grad)
    # 偏差修正：两个矩都从零开始
    动量修正 = 动量 / (1 - beta1**t)
    二阶矩修正 = 二阶矩 / (1 - beta2**t)
    新参数 = param - lr * 动量修正 / (torch.sqrt(二阶矩修正) + eps)
    return 新参数, 动量, 二阶矩
