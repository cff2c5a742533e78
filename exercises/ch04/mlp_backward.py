r"""# Backpropagation by hand

A multilayer perceptron with one hidden layer gives each of $n$ examples a row of $q$ scores, and the
loss is the mean cross-entropy of their softmax:

$$Z = X W_1 + b_1 \qquad H = \mathrm{relu}(Z) \qquad O = H W_2 + b_2$$

$$P = \mathrm{softmax}(O) \qquad L = -\frac1n \sum_{i=1}^{n} \ln P_{i, y_i}$$

Compute $L$ and its gradients with respect to the four parameters, from the loss back to the first
layer.

- `X` has shape `(n, d)`; `y` holds the true classes, shape `(n,)`, int64, from 0 to `q - 1`.
- `W1` has shape `(d, h)`, `b1` `(h,)`, `W2` `(h, q)` and `b2` `(q,)`.
- `X` and the parameters have one dtype, float32 or float64. The results have it too.
- The result is the tuple `(loss, dW1, db1, dW2, db2)`: a 0-d tensor, and four gradients, each of the
  shape of its parameter.
- Scores may be large (±10,000 and more): loss and gradients stay finite. A class of probability
  0.000... has a large loss, not an infinite one.
- The slope of relu at exactly 0 is not judged.
- All arguments stay as they are, also those that require gradients. No gradients need to flow
  through the result.
- Write it yourself: `backward`, `torch.autograd.grad` and `torch.func` are switched off. Functions
  for the way forward, such as `torch.log_softmax` and `F.cross_entropy`, are not.

*Dive into Deep Learning*, section 4.7.
"""

import torch


def mlp_backward(
    X: torch.Tensor,
    y: torch.Tensor,
    W1: torch.Tensor,
    b1: torch.Tensor,
    W2: torch.Tensor,
    b2: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss of a network with one hidden layer, and the gradients of its parameters.

    Args:
        X: examples, shape (n, d).
        y: true classes, shape (n,).
        W1: inputs to hidden units, shape (d, h).
        b1: biases of the hidden units, shape (h,).
        W2: hidden units to scores, shape (h, q).
        b2: biases of the scores, shape (q,).

    Returns:
        The loss, a 0-d tensor, and the gradients of W1, b1, W2 and b2.

    Example:
        >>> zero = torch.zeros(2)
        >>> loss, dW1, db1, dW2, db2 = mlp_backward(
        ...     torch.tensor([[2.0]]), torch.tensor([1]), torch.ones(1, 2), zero, torch.zeros(2, 2), zero
        ... )
        >>> loss
        tensor(0.6931)
        >>> dW2
        tensor([[ 1., -1.],
                [ 1., -1.]])
    """
    raise NotImplementedError("write me")
