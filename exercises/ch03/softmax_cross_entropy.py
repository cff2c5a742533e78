r"""# Softmax and cross-entropy in one

A classifier gives each example one score per class, a *logit*. Softmax makes probabilities of the
scores $o_{ij}$, and the loss is the mean cross-entropy of the true classes $y_i$:

$$p_{ij} = \frac{\exp(o_{ij})}{\sum_k \exp(o_{ik})} \qquad L = -\frac{1}{n} \sum_{i=1}^{n} \ln p_{i,y_i}$$

Done one after the other, the two break down: a probability of $e^{-10000}$ is 0 in every float, and its
logarithm is infinite. Done together they do not. Write two functions:

- `loss(logits, y)` returns $L$, a 0-d tensor.
- `grad(logits, y)` returns the derivatives $\partial L / \partial o_{ij}$, shape `(n, q)`, by a formula of
  your own.

What they take and give:

- `logits` has shape `(n, q)`: finite scores, float32 or float64. Both results have the same dtype.
- `y` has shape `(n,)`: the true class of each example, int64.
- Scores of ±10,000 are nothing special: loss and derivatives are finite, and right to the digits that
  the dtype can hold at the size of the scores.
- `logits` and `y` stay as they are. Gradients flow back through `loss`; the result of `grad` is plain
  values, and `logits` may require gradients there too.
- Write both yourself: softmax, log-softmax and logsumexp, the losses of `torch.nn` and everything that
  takes derivatives for you (`backward`, `torch.autograd.grad`, `torch.func`) are switched off.

*Dive into Deep Learning*, sections 3.4 and 3.7.
"""

import torch


def loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of a batch.

    Args:
        logits: scores, shape (n, q).
        y: true classes, shape (n,), integers from 0 to q - 1.

    Returns:
        The loss, a 0-d tensor.

    Example:
        >>> loss(torch.tensor([[0.0, 0.0], [0.0, 1000.0]]), torch.tensor([0, 0]))
        tensor(500.3466)
    """
    raise NotImplementedError("write me")


def grad(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The derivatives of the loss with respect to the scores.

    Args:
        logits: scores, shape (n, q).
        y: true classes, shape (n,), integers from 0 to q - 1.

    Returns:
        The derivatives, shape (n, q); each row adds up to 0.

    Example:
        >>> grad(torch.tensor([[0.0, 0.0], [0.0, 1000.0]]), torch.tensor([0, 0]))
        tensor([[-0.2500,  0.2500],
                [-0.5000,  0.5000]])
    """
    raise NotImplementedError("write me")
