"""多头注意力：先投影，再分头，最后合并。"""

import torch
from torch import nn


def 分头(X, 头数):
    # (b, n, h) -> (b, 头数, n, h/头数)
    b, n, h = X.shape
    return X.view(b, n, 头数, h // 头数).permute(0, 2, 1, 3)


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h = W_q.shape[1]
    # 头数必须整除 h
    if h % num_heads != 0:
        raise ValueError("头数必须整除隐藏单元数")
    q, k, v = 分头(Q @ W_q, num_heads), 分头(K @ W_k, num_heads), 分头(V @ W_v, num_heads)
    # 缩放点积
    分数 = q @ k.transpose(-2, -1) / (h / num_heads) ** 0.5
    if valid_lens is not None:
        if valid_lens.dim() == 1:
            # 每个样本一个长度，复制给每个查询
            valid_lens = valid_lens[:, None].expand(-1, Q.shape[1])
        位置 = torch.arange(K.shape[1], device=K.device)
        遮盖 = 位置[None, None, None, :] >= valid_lens[:, None, :, None]
        分数 = 分数.masked_fill(遮盖, -float("inf"))
    权重 = nn.Softmax(dim=-1)(分数)
    输出 = (权重 @ v).permute(0, 2, 1, 3).contiguous()
    return 输出.view(Q.shape[0], Q.shape[1], h) @ W_o
