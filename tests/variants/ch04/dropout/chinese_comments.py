# 丢弃法(暂退法)
import torch


def dropout(X, p, training=True, generator=None):
    # 检查概率是否合法
    if p < 0 or p > 1:
        raise ValueError(f"p 必须在 0 和 1 之间,现在是 {p}")
    # 测试时不丢弃
    if not training:
        return X
    # 全部丢弃
    if p == 1:
        return torch.zeros_like(X)
    掩码 = torch.rand(X.shape, generator=generator).ge(p).type_as(X)
    # 保持期望不变
    return 掩码 * X / (1 - p)
