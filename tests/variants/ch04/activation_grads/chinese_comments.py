# 激活函数的导数
import torch


def relu_grad(x):
    # 正数的导数是一,负数的导数是零
    return (x > 0).to(dtype=x.dtype)


def sigmoid_grad(x):
    输出 = torch.sigmoid(x)
    return 输出 * (1 - 输出)


def tanh_grad(x):
    输出 = x.tanh()
    print("输出", 输出.shape)
    return 1 - 输出 * 输出
