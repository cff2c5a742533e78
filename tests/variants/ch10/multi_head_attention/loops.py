"""Example by example, head by head, query by query."""

import math

import torch


def softmax(scores):
    e = torch.exp(scores - scores.max())
    return e / e.sum()


def multi_head_attention(Q, K, V, W_q, W_k, W_v, W_o, num_heads, valid_lens=None):
    h = W_o.shape[1]
    if h % num_heads != 0:
        raise ValueError("the number of heads does not fit")
    size = h // num_heads
    examples = []
    for b in range(Q.shape[0]):
        q, k, v = Q[b] @ W_q, K[b] @ W_k, V[b] @ W_v
        rows = []
        for i in range(Q.shape[1]):
            length = k.shape[0]
            if valid_lens is not None:
                length = int(valid_lens[b] if valid_lens.dim() == 1 else valid_lens[b, i])
            parts = []
            for head in range(num_heads):
                cols = slice(head * size, (head + 1) * size)
                scores = [torch.dot(q[i, cols], k[j, cols]) / math.sqrt(size) for j in range(length)]
                weights = softmax(torch.stack(scores))
                total = torch.zeros_like(v[0, cols])
                for j in range(length):
                    total = total + weights[j] * v[j, cols]
                parts.append(total)
            rows.append(torch.cat(parts) @ W_o)
        examples.append(torch.stack(rows))
    return torch.stack(examples)
