"""A function of one head of one example, mapped over heads and examples."""

import torch


def head(q, k, v, lens):
    scores = q @ k.T / q.shape[-1] ** 0.5
    scores = torch.where(torch.arange(len(k), device=k.device) < lens[:, None], scores, float("-inf"))
    return torch.softmax(scores, 1) @ v


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    if W_o.shape[0] % num_heads != 0:
        raise ValueError("`num_heads` must divide `h`")
    lens = torch.tensor([[K.shape[1]]], device=Q.device) if valid_lens is None else valid_lens
    lens = lens.reshape(lens.shape[0], -1).expand(Q.shape[0], Q.shape[1])
    q, k, v = (
        torch.stack(torch.tensor_split(X @ W, num_heads, dim=2), dim=1)
        for X, W in ((Q, W_q), (K, W_k), (V, W_v))
    )
    over_heads = torch.vmap(head, in_dims=(0, 0, 0, None))
    heads = torch.vmap(over_heads)(q, k, v, lens)
    return torch.cat(heads.unbind(1), dim=2) @ W_o
