import torch


def mlp(X, W1, b1, W2, b2):
    """单隐藏层的多层感知机。"""
    样本数 = X.shape[0]
    # 把每个样本展平成一行
    输入 = X.reshape(样本数, -1)
    # 隐藏层：仿射变换，再经过 ReLU
    隐藏 = torch.mm(输入, W1) + b1
    隐藏 = 隐藏 * (隐藏 > 0)
    # 输出层没有激活函数
    return torch.mm(隐藏, W2) + b2
