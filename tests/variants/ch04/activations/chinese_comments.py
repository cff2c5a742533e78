# 激活函数
import torch


def relu(x):
    # 负数变成零
    return x * (x > 0).type_as(x)


def sigmoid(x):
    # 为了避免溢出,先减去较大的指数
    最大 = torch.maximum(x, x.new_zeros(()))
    分子 = torch.exp(x - 最大)
    return 分子 / (torch.exp(-最大) + 分子)


def tanh(x):
    # 双曲正切和 sigmoid 的关系
    return sigmoid(x + x) * 2 - 1
