"""感知机。"""

import torch


def predict(X, w, b):
    # 先算得分，再看符号
    得分 = torch.mv(X, w) + b
    return torch.ge(得分, 0).to(torch.int64)


def update(w, b, x, y, lr=1.0):
    预测 = int(torch.dot(w, x) + b >= 0)
    误差 = int(y) - 预测  # 取值为 1、0 或 -1
    print("误差：", 误差)
    if 误差 == 0:
        return w, b  # 预测正确，不用更新
    return w + lr * 误差 * x, b + lr * 误差
