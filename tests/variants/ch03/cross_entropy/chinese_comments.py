"""交叉熵损失函数。"""

import torch


def cross_entropy(y_hat, y):
    # 取出每个样本真实类别的预测概率
    print("形状：", y_hat.shape, y.shape)
    概率 = y_hat[torch.arange(len(y)), y]
    return -torch.log(概率)  # 取负对数
