r"""# Perceptron

The oldest neural network is one neuron, which fires or does not. It adds up the features of an
example $x$, each with a weight of its own, and looks at the sign:

$$z = w \cdot x + b \qquad \hat y = \begin{cases} 1 & z \ge 0 \\ 0 & z < 0 \end{cases}$$

It learns from its errors alone, one example at a time:

$$w' = w + \mathrm{lr}\,(y - \hat y)\,x \qquad b' = b + \mathrm{lr}\,(y - \hat y)$$

If the classes can be separated by a straight line, it makes only finitely many errors until it does.

Write two functions.

`predict(X, w, b)` returns the predicted class of each example, shape `(n,)`, int64.

- `X` has shape `(n, d)`, one example in each row, and `w` has shape `(d,)`; `b` is a single number, of
  shape `()` or `(1,)`. All three are float32, or all float64.
- A score of exactly 0 belongs to class 1. Scores may be huge, or so small that only their sign can be
  told: the sign decides.

`update(w, b, x, y, lr=1.0)` learns from one example and returns the tuple `(w, b)` of the new values.

- `x` has shape `(d,)`. `y` is the true class, 0 or 1: an int, or an int64 tensor of shape `()`.
- The new `w` and `b` have the shapes and the dtype of the old ones. Where the prediction is right,
  their values are the old ones.

All arguments stay as they are. No gradients need to flow through either function.

Rosenblatt, *The Perceptron* (1958). *Dive into Deep Learning*, section 4.1, goes on from here to more
layers.
"""

import torch


def predict(X: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The class of each example: 1 where its score is 0 or more, else 0.

    Args:
        X: examples, shape (n, d).
        w: weights, shape (d,).
        b: bias, shape () or (1,).

    Returns:
        Classes, shape (n,), int64.

    Example:
        >>> X = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
        >>> predict(X, torch.tensor([1.0, 2.0]), torch.tensor(-1.0))
        tensor([0, 1, 1])
    """
    # BEGIN SOLUTION
    return (X @ w + b >= 0).long()  # (n,)
    # END SOLUTION


def update(
    w: torch.Tensor, b: torch.Tensor, x: torch.Tensor, y: int | torch.Tensor, lr: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the perceptron learns from one example.

    Args:
        w: weights, shape (d,).
        b: bias, shape () or (1,).
        x: the example, shape (d,).
        y: its true class, 0 or 1.
        lr: learning rate.

    Returns:
        The new w and b.

    Example:
        >>> update(torch.tensor([1.0, 2.0]), torch.tensor(-1.0), torch.tensor([1.0, 1.0]), 0)
        (tensor([0., 1.]), tensor(-2.))
    """
    # BEGIN SOLUTION
    error = float(y - predict(x[None, :], w, b)[0])  # 1, 0 or -1
    return w + lr * error * x, b + lr * error
    # END SOLUTION
