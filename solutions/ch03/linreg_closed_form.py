r"""# Linear regression in closed form

Linear regression has an answer that needs no training: the weights $w$ and the bias $b$ with the
smallest sum of squared errors,

$$\min_{w,\,b} \; \lVert X w + b - y \rVert^2 = \min_\theta \; \lVert A \theta - y \rVert^2
\qquad A = [X, 1] \qquad \theta = \begin{bmatrix} w \\ b \end{bmatrix}$$

The bias is the weight of one more feature, which is 1 for every example.

- `X` has shape `(n, d)`, one example in each row; `y` has shape `(n,)` or `(n, 1)`. Both are float32, or
  both float64.
- The result is the tuple `(w, b)`: `w` of shape `(d, 1)`, `b` of shape `(1,)`, in that dtype.
- Where the columns of $A$ depend on each other, or the examples are fewer than the columns, many
  $\theta$ are equally good. Return the smallest one: that with the least $\lVert\theta\rVert$, the bias
  included. It is $A^+ y$, with the pseudo-inverse of $A$. (Judged in float64: which columns are
  dependent, up to rounding, is clear there.)
- `X` and `y` stay as they are. Gradients flow back to both where the columns of $A$ are independent.

*Dive into Deep Learning*, section 3.1.
"""

import torch


def fit(X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The linear model with the smallest sum of squared errors.

    Args:
        X: examples, shape (n, d).
        y: targets, shape (n,) or (n, 1).

    Returns:
        The weights, shape (d, 1), and the bias, shape (1,).

    Example:
        >>> w, b = fit(torch.tensor([[0.0], [1.0], [2.0], [3.0]]), torch.tensor([1.0, 3.0, 5.0, 7.0]))
        >>> print(f"{w.item():.3f} {b.item():.3f}")
        2.000 1.000
    """
    # BEGIN SOLUTION
    A = torch.cat([X, torch.ones_like(X[:, :1])], dim=1)  # (n, d + 1)
    theta = torch.linalg.pinv(A) @ y.reshape(-1, 1)  # (d + 1, 1)
    return theta[:-1], theta[-1]
    # END SOLUTION
