"""第三章：softmax 与交叉熵一起算。"""

import torch


def _平移(logits):
    # 减去每行的最大值，避免指数上溢
    return logits - logits.max(dim=1, keepdim=True).values


def loss(logits, y):
    o = _平移(logits)
    分母 = torch.exp(o).sum(dim=1)  # 规范化常数，至少为 1
    真实 = o[range(len(y)), y]  # 真实类别的得分
    return (torch.log(分母) - 真实).sum() / len(y)


def grad(logits, y):
    e = torch.exp(_平移(logits))
    概率 = e / e.sum(dim=1, keepdim=True)
    概率[range(len(y)), y] -= 1.0
    return 概率 / len(y)  # 对批量取平均
