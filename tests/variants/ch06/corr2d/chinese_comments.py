"""二维互相关运算"""

import torch


def corr2d(X, K):
    # 取出卷积核的高和宽
    h, w = K.shape
    # 卷积核不能比输入大
    if h > X.shape[0] or w > X.shape[1]:
        raise ValueError(f"卷积核 K 的形状 {tuple(K.shape)} 大于输入 X 的形状 {tuple(X.shape)}")
    行数, 列数 = X.shape[0] - h + 1, X.shape[1] - w + 1
    # 逐个窗口：按元素相乘再求和
    结果 = [(X[i : i + h, j : j + w] * K).sum() for i in range(行数) for j in range(列数)]
    return torch.stack(结果).reshape(行数, 列数)
