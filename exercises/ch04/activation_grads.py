r"""# Derivatives of activation functions

Backpropagation multiplies by the derivative of every activation on its way. Write down the derivatives
of the three classical ones, at the input $x$:

$$\mathrm{relu}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases} \qquad
\mathrm{sigmoid}'(x) = \mathrm{sigmoid}(x)\,(1 - \mathrm{sigmoid}(x)) \qquad
\tanh'(x) = 1 - \tanh^2(x)$$

- `x` is what goes into the activation, not what comes out of it. It may have any shape, a single number
  included, float32 or float64; the result has its shape and dtype.
- Every entry has a derivative of its own.
- At exactly 0, relu has no derivative: what you return there is not judged.
- Numbers may be far from 0: for `x` from -1e30 to 1e30, the result is finite and right.
- `x` itself stays as it is. It may require gradients; no gradient has to flow through the result.
- Write the derivatives down yourself: autograd (`backward`, `torch.autograd.grad`, `torch.func.grad` …) is
  switched off. `torch.relu`, `torch.sigmoid` and `torch.tanh` are there to use.

*Dive into Deep Learning*, section 4.1.
"""

import torch


def relu_grad(x: torch.Tensor) -> torch.Tensor:
    """The derivative of relu at every entry.

    Args:
        x: inputs of relu, any shape.

    Returns:
        0 and 1, with the shape and dtype of x.

    Example:
        >>> relu_grad(torch.tensor([-2.0, 3.0]))
        tensor([0., 1.])
    """
    raise NotImplementedError("write me")


def sigmoid_grad(x: torch.Tensor) -> torch.Tensor:
    """The derivative of the sigmoid at every entry.

    Args:
        x: inputs of the sigmoid, any shape.

    Returns:
        Derivatives, with the shape and dtype of x.

    Example:
        >>> sigmoid_grad(torch.tensor([0.0, 1e4]))
        tensor([0.2500, 0.0000])
    """
    raise NotImplementedError("write me")


def tanh_grad(x: torch.Tensor) -> torch.Tensor:
    """The derivative of tanh at every entry.

    Args:
        x: inputs of tanh, any shape.

    Returns:
        Derivatives, with the shape and dtype of x.

    Example:
        >>> tanh_grad(torch.tensor([0.0, 1e4]))
        tensor([1., 0.])
    """
    raise NotImplementedError("write me")
