r"""# Accuracy

The share of the examples whose class was predicted right:

$$\mathrm{accuracy} = \frac{1}{n} \sum_{i=1}^{n} \mathbf{1}(\hat y_i = y_i)$$

where $\mathbf{1}(\cdot)$ is 1 for what is true and 0 for what is not.

- `y_hat` comes in one of two forms. With shape `(n, q)`, float32 or float64, it holds a score for each
  class: the prediction of a row is the class with its largest score. With shape `(n,)`, int64, it holds
  the predicted classes themselves.
- Where several scores of a row are the largest, the first of them is the prediction.
- Scores may be of any sign, and `q` may be 1: then every prediction is class 0.
- `y` has shape `(n,)`: the true class of each example, int64.
- The result is a Python `float` from 0 to 1: no tensor, and no number of NumPy's.
- Without any example there is no accuracy: for `n = 0` raise a `ValueError` that names `y_hat` or `y`.
- `y_hat` and `y` stay as they are. Scores may require gradients; the result is a plain number.

*Dive into Deep Learning*, section 3.6.
"""

import torch


def accuracy(y_hat: torch.Tensor, y: torch.Tensor) -> float:
    """The share of right predictions.

    Args:
        y_hat: scores, shape (n, q), or predicted classes, shape (n,).
        y: true classes, shape (n,).

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: there is no example.

    Example:
        >>> accuracy(torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]), torch.tensor([0, 2]))
        0.5
        >>> accuracy(torch.tensor([2, 2, 1, 0]), torch.tensor([0, 2, 1, 0]))
        0.75
    """
    raise NotImplementedError("write me")
