r"""# Softmax

Turn scores into probabilities, one row at a time:

$$\mathrm{softmax}(X)_{ij} = \frac{\exp(X_{ij})}{\sum_k \exp(X_{ik})}$$

Each row of `X` is one example, each column one class. No entry of the result is negative, and every
row adds up to 1; adding a constant to a row does not change its probabilities.

- `X` has shape `(n, q)`, float32 or float64; the result has the same shape and dtype.
- Scores may be large: `exp(1000)` is infinite, the answer is not.
- A score of `-inf` gets probability 0.
- `X` itself stays as it is, and gradients flow back to it.
- Write it yourself, with `exp`, `max` and `sum`: `torch.softmax`, `F.log_softmax`, `torch.logsumexp`
  and the like are switched off.

*Dive into Deep Learning*, sections 3.4 and 3.6.
"""

import torch


def softmax(X: torch.Tensor) -> torch.Tensor:
    """Probabilities from scores, row by row.

    Args:
        X: scores, shape (n, q).

    Returns:
        Probabilities, shape (n, q); each row adds up to 1.

    Example:
        >>> softmax(torch.tensor([[0.0, 0.0], [0.0, 1000.0]]))
        tensor([[0.5000, 0.5000],
                [0.0000, 1.0000]])
    """
    # BEGIN SOLUTION
    X_exp = torch.exp(X - X.max(dim=1, keepdim=True).values)  # (n, q), no exponent above 0
    return X_exp / X_exp.sum(dim=1, keepdim=True)
    # END SOLUTION
