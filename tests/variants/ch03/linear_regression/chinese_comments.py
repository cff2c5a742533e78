"""线性回归的从零开始实现。"""

import torch


def linreg(X, w, b):
    """线性回归模型"""
    print("形状：", X.shape, w.shape, b.shape)
    return torch.matmul(X, w) + b


def squared_loss(y_hat, y):
    """均方损失"""
    # 先把 y 变成 y_hat 的形状，否则会广播成 (n, n)
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, grads, lr, batch_size):
    """小批量随机梯度下降"""
    新参数 = []
    for 参数, 梯度 in zip(params, grads):
        新参数.append(参数 - lr * 梯度 / batch_size)
    return 新参数
