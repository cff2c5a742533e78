r"""# A multilayer perceptron

One hidden layer between inputs and outputs, with a nonlinearity that keeps the two linear maps from
collapsing into one:

$$H = \mathrm{relu}(X W_1 + b_1) \qquad O = H W_2 + b_2 \qquad \mathrm{relu}(z) = \max(z, 0)$$

The hidden layer goes through relu, the outputs do not: they are scores of any sign.

- `X` has shape `(n, d)`, or more dimensions: `(n, d_1, d_2, ...)` with $d = d_1 d_2 \cdots$, such as
  images of shape `(n, 1, 28, 28)`. The entries of each example are then put into one row of `d`, in
  their order (the last dimension runs fastest).
- `W1` has shape `(d, h)`, `b1` `(h,)`, `W2` `(h, q)` and `b2` `(q,)`; the result has shape `(n, q)`.
- All of them have one dtype, float32 or float64. The result has it too.
- Arguments may be non-contiguous views, such as a transposed image.
- All arguments stay as they are, and gradients flow back to each of them.

*Dive into Deep Learning*, section 4.2.
"""

import torch


def mlp(
    X: torch.Tensor, W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor
) -> torch.Tensor:
    """Scores from a network with one hidden layer.

    Args:
        X: examples, shape (n, d) or (n, d_1, d_2, ...), d numbers each.
        W1: inputs to hidden units, shape (d, h).
        b1: biases of the hidden units, shape (h,).
        W2: hidden units to outputs, shape (h, q).
        b2: biases of the outputs, shape (q,).

    Returns:
        Scores, shape (n, q).

    Example:
        >>> X = torch.tensor([[1.0, 2.0], [-1.0, 0.0]])
        >>> W1, b1 = torch.tensor([[1.0, -1.0], [1.0, 0.0]]), torch.zeros(2)
        >>> mlp(X, W1, b1, torch.ones(2, 1), torch.tensor([-5.0]))
        tensor([[-2.],
                [-4.]])
    """
    # BEGIN SOLUTION
    H = torch.relu(X.reshape(len(X), -1) @ W1 + b1)  # (n, h)
    return H @ W2 + b2
    # END SOLUTION
