"""第三章：softmax 回归。"""

import torch


def softmax(X):
    # 每一行减去该行的最大值，防止指数上溢
    最大值 = X.max(dim=1, keepdim=True).values
    X_exp = torch.exp(X - 最大值)
    partition = X_exp.sum(1, keepdim=True)  # 规范化常数
    return X_exp / partition  # 这里应用了广播机制
