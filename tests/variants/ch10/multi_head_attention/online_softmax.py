"""One key at a time with a running maximum and running sums; the keys from last to first."""

import torch


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    b, n, m, h = len(Q), Q.shape[1], K.shape[1], W_o.shape[0]
    if h % num_heads:
        raise ValueError("num_heads must be a divisor of h")
    q = (Q @ W_q).reshape(b, n, num_heads, -1)
    k = (K @ W_k).reshape(b, m, num_heads, -1)
    v = (V @ W_v).reshape(b, m, num_heads, -1)
    root = q.shape[-1] ** 0.5
    if valid_lens is None:
        valid_lens = torch.full((b,), m, device=Q.device)
    lens = valid_lens.reshape(b, -1, 1)
    low = torch.finfo(Q.dtype).min
    largest = torch.full((b, n, num_heads), low, dtype=Q.dtype, device=Q.device)
    total = torch.zeros_like(largest)
    result = torch.zeros_like(q)
    for j in reversed(range(m)):
        score = (q * k[:, j : j + 1]).sum(-1) / root
        score = torch.where(j < lens, score, low)
        new = torch.maximum(largest, score).detach()
        keep, add = torch.exp(largest - new), torch.exp(score - new) * (j < lens)
        total = total * keep + add
        result = result * keep.unsqueeze(-1) + add.unsqueeze(-1) * v[:, j : j + 1]
        largest = new
    return (result / total.unsqueeze(-1)).flatten(2) @ W_o
