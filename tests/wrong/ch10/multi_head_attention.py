import math

import torch


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    b, n, _ = Q.shape
    m, h = K.shape[1], W_q.shape[1]
    if h % num_heads:
        raise ValueError(f"num_heads is {num_heads}, which does not divide h = {h}")
    size = h // num_heads
    queries = (Q @ W_q).reshape(b, num_heads, n, size)
    keys = (K @ W_k).reshape(b, num_heads, m, size)
    values = (V @ W_v).reshape(b, num_heads, m, size)
    scores = queries @ keys.transpose(2, 3) / math.sqrt(size)
    if valid_lens is not None:
        unseen = torch.arange(m, device=Q.device) >= valid_lens.reshape(b, 1, -1, 1)
        scores = scores.masked_fill(unseen, float("-inf"))
    heads = torch.softmax(scores, dim=-1) @ values
    return heads.transpose(1, 2).reshape(b, n, h) @ W_o
