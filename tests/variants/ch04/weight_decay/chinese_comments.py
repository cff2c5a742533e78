import torch


def l1_penalty(w):
    # 绝对值之和
    return w.abs().sum()


def l2_penalty(w):
    # 平方和的一半
    return (w * w).sum() * 0.5


def sgd_step(params, grads, lr, weight_decay):
    """小批量梯度下降，带权重衰减。"""
    新参数 = []
    for (参数, 是否衰减), 梯度 in zip(params, grads):
        衰减 = weight_decay * 参数 if 是否衰减 else torch.zeros_like(参数)
        新参数.append(参数 - lr * (梯度 + 衰减))
    return 新参数
