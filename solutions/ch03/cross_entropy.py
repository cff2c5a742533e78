r"""# Cross-entropy

How surprised is a classifier by the true labels? For example $i$, with the probability
$\hat y_{i,y_i}$ that was given to its true class $y_i$:

$$l_i = -\ln \hat y_{i,y_i}$$

- `y_hat` has shape `(n, q)`: row `i` holds the probabilities of example `i`, float32 or float64.
- `y` has shape `(n,)`: the true class of each example, int64 (int32 works as well).
- The result has shape `(n,)`, one loss per example, in `y_hat`'s dtype. No mean, no sum.
- A true class with probability 0 costs `inf`. The other classes change nothing, neither the
  loss nor its gradient, whatever their probabilities are.
- `y_hat` and `y` stay as they are, and gradients flow back to `y_hat`.
- Write it yourself: `F.cross_entropy`, `F.nll_loss` and the loss modules of `torch.nn` are
  switched off.

*Dive into Deep Learning*, sections 3.4 and 3.6.
"""

import torch


def cross_entropy(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The cross-entropy loss of each example.

    Args:
        y_hat: probabilities, shape (n, q).
        y: true classes, shape (n,), integers from 0 to q - 1.

    Returns:
        Losses, shape (n,).

    Example:
        >>> y_hat = torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]])
        >>> cross_entropy(y_hat, torch.tensor([0, 2]))
        tensor([2.3026, 0.6931])
    """
    # BEGIN SOLUTION
    rows = torch.arange(len(y), device=y_hat.device)
    return -torch.log(y_hat[rows, y])  # (n,)
    # END SOLUTION
