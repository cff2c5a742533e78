"""A mask that is added to the scores; projections with F.linear; softmax by hand."""

import math

import torch
import torch.nn.functional as F


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    b, n, m, h = Q.size(0), Q.size(1), K.size(1), W_o.size(0)
    if h % num_heads > 0:
        raise ValueError("hidden size must be a multiple of num_heads")
    q = F.linear(Q, W_q.t()).unflatten(-1, (num_heads, -1)).transpose(1, 2)
    k = F.linear(K, W_k.t()).unflatten(-1, (num_heads, -1)).transpose(1, 2)
    v = F.linear(V, W_v.t()).unflatten(-1, (num_heads, -1)).transpose(1, 2)
    scores = (q / math.sqrt(h // num_heads)) @ k.transpose(-1, -2)
    if valid_lens is not None:
        bias = torch.zeros(b, 1, n, m, dtype=Q.dtype, device=Q.device)
        lens = valid_lens if valid_lens.dim() == 2 else valid_lens.unsqueeze(1).repeat(1, n)
        bias[torch.arange(m, device=Q.device).expand(b, 1, n, m) >= lens[:, None, :, None]] = -1e9
        scores = scores + bias
    scores = scores - scores.amax(-1, keepdim=True)
    e = scores.exp()
    weights = e / e.sum(-1, keepdim=True)
    return F.linear((weights @ v).transpose(1, 2).contiguous().view(b, n, h), W_o.t())
