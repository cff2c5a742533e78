"""One head after the other on slices of the projections, concatenated; each adds its share of W_o."""

import torch


def one_head(q, k, v, seen):
    scores = torch.baddbmm(q.new_zeros(()), q, k.mT, beta=0, alpha=q.shape[-1] ** -0.5)
    if seen is not None:
        scores = scores.masked_fill(~seen, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, 2) @ v


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h = W_q.size(1)
    if h // num_heads * num_heads != h:
        raise ValueError("num_heads has to divide %d" % h)
    seen = None
    if valid_lens is not None:
        lens = valid_lens.view(len(Q), -1).expand(-1, Q.size(1))
        seen = torch.arange(1, K.size(1) + 1, device=Q.device).view(1, 1, -1) <= lens.unsqueeze(2)
    result = 0
    for w_q, w_k, w_v, w_o in zip(
        W_q.chunk(num_heads, 1), W_k.chunk(num_heads, 1), W_v.chunk(num_heads, 1), W_o.chunk(num_heads, 0)
    ):
        result = result + one_head(Q @ w_q, K @ w_k, V @ w_v, seen) @ w_o
    return result
