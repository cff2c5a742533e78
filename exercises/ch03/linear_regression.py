r"""# Linear regression

A model, a loss and an optimiser: all that it takes to learn from data. The model predicts a number
for each example, a weighted sum of its features:

$$\hat y = X w + b$$

The loss of example $i$ grows with the square of its error, and a step of gradient descent moves every
parameter against the gradient $g$ that a minibatch $\mathcal B$ has gathered for it:

$$l_i = \frac12 (\hat y_i - y_i)^2 \qquad \theta' = \theta - \frac{\mathrm{lr}}{|\mathcal B|}\, g
\qquad g = \sum_{i \in \mathcal B} \frac{\partial l_i}{\partial \theta}$$

Write three functions. All tensors are float32, or all float64; results have the same dtype.

`linreg(X, w, b)` returns the predictions, shape `(n, 1)`.

- `X` has shape `(n, d)`, one example in each row; `w` has shape `(d, 1)` and `b` has shape `(1,)`.
- Gradients flow back to all three.

`squared_loss(y_hat, y)` returns one loss per example, in the shape of `y_hat`. No mean, no sum.

- `y_hat` has shape `(n, 1)` or `(n,)`, and so has `y`, but not always the same: compare example with
  example.
- Predictions and targets may be large and lie close together: 1000000.5 and 1000000 are 0.5 apart.
- Gradients flow back to both.

`sgd(params, grads, lr, batch_size)` returns the list of the new parameters.

- `params` and `grads` are lists of tensors, as many in one as in the other, none at all as well; a
  gradient has the shape of its parameter, which may be any shape.
- A gradient is the sum over a minibatch of `batch_size` examples: divide it.
- The new parameters are new tensors; no gradients need to flow through them.

All arguments stay as they are.

*Dive into Deep Learning*, sections 3.1 and 3.2.
"""

import torch


def linreg(X: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The predictions of a linear model.

    Args:
        X: examples, shape (n, d).
        w: weights, shape (d, 1).
        b: bias, shape (1,).

    Returns:
        Predictions, shape (n, 1).

    Example:
        >>> X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> linreg(X, torch.tensor([[2.0], [-1.0]]), torch.tensor([0.5]))
        tensor([[0.5000],
                [2.5000]])
    """
    raise NotImplementedError("write me")


def squared_loss(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Half the squared error of each example.

    Args:
        y_hat: predictions, shape (n, 1) or (n,).
        y: targets, shape (n, 1) or (n,).

    Returns:
        Losses, in the shape of y_hat.

    Example:
        >>> squared_loss(torch.tensor([[1.0], [5.0]]), torch.tensor([3.0, 4.0]))
        tensor([[2.0000],
                [0.5000]])
    """
    raise NotImplementedError("write me")


def sgd(
    params: list[torch.Tensor], grads: list[torch.Tensor], lr: float, batch_size: int
) -> list[torch.Tensor]:
    """One step of minibatch stochastic gradient descent.

    Args:
        params: parameters, of any shapes.
        grads: their gradients, summed over the minibatch, of the same shapes.
        lr: learning rate.
        batch_size: number of examples in the minibatch.

    Returns:
        The new parameters.

    Example:
        >>> sgd([torch.tensor([1.0, 2.0])], [torch.tensor([4.0, -8.0])], lr=0.5, batch_size=4)
        [tensor([0.5000, 3.0000])]
    """
    raise NotImplementedError("write me")
