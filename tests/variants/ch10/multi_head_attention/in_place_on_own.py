"""Writes into tensors of its own: the mask, and one block of the output after the other."""

import torch


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h = W_o.shape[0]
    size = h // num_heads
    if size * num_heads < h:
        raise ValueError("num_heads", num_heads)
    q = Q @ W_q
    q = q / size**0.5
    k, v = K @ W_k, V @ W_v
    counted = torch.ones(Q.shape[0], Q.shape[1], K.shape[1], dtype=torch.bool, device=Q.device)
    if valid_lens is not None:
        for i in range(Q.shape[0]):
            for j in range(Q.shape[1]):
                counted[i, j, int(valid_lens[i] if valid_lens.dim() == 1 else valid_lens[i][j]) :] = False
    out = torch.empty_like(q)
    for start in range(0, h, size):
        stop = start + size
        scores = q[..., start:stop] @ k[..., start:stop].transpose(1, 2)
        scores[~counted] = -torch.inf
        out[..., start:stop] = torch.log_softmax(scores, dim=-1).exp() @ v[..., start:stop]
    return out @ W_o
