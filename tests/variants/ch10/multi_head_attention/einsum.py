"""Heads as an axis of the weights; everything in einsum."""

import torch


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h = W_o.shape[0]
    s, rest = divmod(h, num_heads)
    if rest:
        raise ValueError(f"h={h} cannot be split into num_heads={num_heads} heads")
    q = torch.einsum("bnd,dks->bkns", Q, W_q.reshape(-1, num_heads, s))
    k = torch.einsum("bmd,dks->bkms", K, W_k.reshape(-1, num_heads, s))
    v = torch.einsum("bmd,dks->bkms", V, W_v.reshape(-1, num_heads, s))
    scores = torch.einsum("bkns,bkms->bknm", q, k) * s**-0.5
    if valid_lens is not None:
        lens = valid_lens[:, None] if valid_lens.ndim == 1 else valid_lens
        seen = torch.arange(K.shape[1], device=K.device) < lens[..., None]
        scores = torch.where(seen[:, None], scores, float("-inf"))
    weights = scores.softmax(-1)
    return torch.einsum("bknm,bkms,kso->bno", weights, v, W_o.reshape(num_heads, s, h))
