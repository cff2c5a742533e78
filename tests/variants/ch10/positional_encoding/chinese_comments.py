"""位置编码：偶数列用正弦，奇数列用余弦。"""

import torch


def encoding_table(n, d):
    # 行是位置，列是维度；用双精度避免大角度时的误差
    位置 = torch.arange(n, dtype=torch.float64).reshape(-1, 1)
    频率 = torch.pow(10000, torch.arange(0, d, 2, dtype=torch.float64) / d)
    角度 = 位置 / 频率
    P = torch.zeros((1, n, d), dtype=torch.float64)
    P[:, :, 0::2] = torch.sin(角度)
    if d > 1:
        # 当 d 为奇数时，余弦比正弦少一列
        P[:, :, 1::2] = torch.cos(角度)[:, : d // 2]
    return P[0]


def positional_encoding(X):
    P = encoding_table(X.shape[1], X.shape[2])
    return X + P.to(X.device).type(X.dtype)
