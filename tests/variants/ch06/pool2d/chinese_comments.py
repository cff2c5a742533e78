"""汇聚层（池化层）的前向传播"""

import torch


def pool2d(X, pool_size, mode="max"):
    p_h, p_w = pool_size  # 窗口的高和宽
    if mode not in ("max", "avg"):
        raise ValueError(f"模式 {mode} 不存在")
    if p_h > X.shape[0] or p_w > X.shape[1]:
        raise ValueError("汇聚窗口比输入大")
    # 步幅为 1，输出的形状
    行数, 列数 = X.shape[0] - p_h + 1, X.shape[1] - p_w + 1
    结果 = torch.empty(行数, 列数).type_as(X)
    for i in range(行数):
        for j in range(列数):
            窗口 = X[i : i + p_h, j : j + p_w]
            结果[i, j] = 窗口.max() if mode == "max" else 窗口.sum() / 窗口.numel()
    return 结果
