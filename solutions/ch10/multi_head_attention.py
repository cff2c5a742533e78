r"""# Multi-head attention

Attention that looks at its inputs several times at once: each *head* compares queries with keys in
a space of its own.

1. Project: $\tilde Q = Q W_q$, $\tilde K = K W_k$, $\tilde V = V W_v$, each with $h$ columns.
2. Split the $h$ columns into `num_heads` blocks of $s = h / \mathtt{num\_heads}$ columns that lie
   side by side: head $k$ gets the columns $ks, \dots, ks + s - 1$ of all three.
3. In every head, each query weighs the values by how well their keys fit:

$$O_k = \mathrm{softmax}\left(\frac{\tilde Q_k \tilde K_k^\top}{\sqrt{s}}\right) \tilde V_k$$

   where the softmax runs over the keys: the weights of each query add up to 1.

4. Put the heads side by side again, in order, and mix them: $[O_0, O_1, \dots] \, W_o$.

Shapes, for `b` examples, `n` queries and `m` keys with their values:

- `Q` is `(b, n, dq)`, `K` is `(b, m, dk)`, `V` is `(b, m, dv)`; `n` and `m` may differ, and so may
  `dq`, `dk` and `dv`.
- `W_q` is `(dq, h)`, `W_k` is `(dk, h)`, `W_v` is `(dv, h)`, `W_o` is `(h, h)`. They stand on the
  right of what they multiply, and there are no biases.
- The result is `(b, n, h)`.

Not every key counts:

- `valid_lens` is None (all keys count), or int64 of shape `(b,)` (one length for each example), or of
  shape `(b, n)` (one for each query). A query with length `l` sees the first `l` keys only; lengths
  are from 1 to `m`.
- Every head obeys the same lengths. A key that is not seen has weight 0, whatever finite numbers it
  and its value hold, and no gradient reaches it.

All float arguments are float32, or all are float64; the result has their dtype and sits on their
device. Scores may be large: `exp(1000)` is infinite, the answer is not. Arguments stay as they are,
and gradients flow back to all seven tensors.

If `num_heads` does not divide `h`, raise a `ValueError` whose message names `num_heads`.

Write it yourself with matrix products and softmax (`torch.softmax` is fine):
`F.scaled_dot_product_attention`, `nn.MultiheadAttention` and the like are switched off.

*Dive into Deep Learning*, sections 10.3 and 10.5.
"""

import math

import torch


def multi_head_attention(
    Q: torch.Tensor,
    K: torch.Tensor,
    V: torch.Tensor,
    W_q: torch.Tensor,
    W_k: torch.Tensor,
    W_v: torch.Tensor,
    W_o: torch.Tensor,
    num_heads: int,
    valid_lens: torch.Tensor | None = None,
) -> torch.Tensor:
    """Attention of several heads, side by side.

    Args:
        Q: queries, shape (b, n, dq).
        K: keys, shape (b, m, dk).
        V: values, shape (b, m, dv).
        W_q: weights of the queries, shape (dq, h).
        W_k: weights of the keys, shape (dk, h).
        W_v: weights of the values, shape (dv, h).
        W_o: weights of the output, shape (h, h).
        num_heads: number of heads.
        valid_lens: how many keys count, None or shape (b,) or (b, n).

    Returns:
        The heads' results, mixed, shape (b, n, h).

    Raises:
        ValueError: num_heads does not divide h.

    Example:
        >>> Q, K, I = torch.zeros(1, 1, 2), torch.ones(1, 3, 2), torch.eye(2)
        >>> V = torch.tensor([[[1.0, 0.0], [3.0, 10.0], [8.0, 20.0]]])
        >>> multi_head_attention(Q, K, V, I, I, I, I, 2)
        tensor([[[ 4., 10.]]])
        >>> multi_head_attention(Q, K, V, I, I, I, I, 2, torch.tensor([2]))
        tensor([[[2., 5.]]])
    """
    # BEGIN SOLUTION
    b, n, _ = Q.shape
    m, h = K.shape[1], W_q.shape[1]
    if h % num_heads:
        raise ValueError(f"num_heads is {num_heads}, but it must divide h, which is {h}")
    size = h // num_heads
    queries = (Q @ W_q).reshape(b, n, num_heads, size).transpose(1, 2)  # (b, heads, n, size)
    keys = (K @ W_k).reshape(b, m, num_heads, size).transpose(1, 2)  # (b, heads, m, size)
    values = (V @ W_v).reshape(b, m, num_heads, size).transpose(1, 2)  # (b, heads, m, size)

    scores = queries @ keys.transpose(2, 3) / math.sqrt(size)  # (b, heads, n, m)
    if valid_lens is not None:
        lens = valid_lens.reshape(b, 1, -1, 1)  # (b, 1, 1 or n, 1)
        unseen = torch.arange(m, device=Q.device) >= lens  # (b, 1, 1 or n, m)
        scores = scores.masked_fill(unseen, float("-inf"))
    heads = torch.softmax(scores, dim=3) @ values  # (b, heads, n, size)
    return heads.transpose(1, 2).reshape(b, n, h) @ W_o
    # END SOLUTION
