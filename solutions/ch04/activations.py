r"""# Activation functions

Without something nonlinear between them, two layers are one. The three classical choices work on
every number by itself:

$$\mathrm{relu}(x) = \max(x, 0) \qquad
\mathrm{sigmoid}(x) = \frac{1}{1 + e^{-x}} \qquad
\tanh(x) = \frac{1 - e^{-2x}}{1 + e^{-2x}}$$

- `x` may have any shape, a single number included, float32 or float64; the result has its shape and
  dtype.
- Numbers may be far from 0: for `x` from -1e30 to 1e30, the result and its gradient are finite and right.
  `exp(1000)` is infinite, and an infinity that is divided away in the result may come back in the
  gradient as 0 times infinity, which is nan. For $x = \pm 10^4$, sigmoid gives 0 and 1, tanh -1 and 1,
  and their gradients are 0.
- Gradients flow back to `x`, at 0 as well: there the slope of sigmoid is 1/4, that of tanh is 1. (relu
  has a kink at 0; its gradient there is not judged.)
- `x` itself stays as it is.
- Write them yourself: `torch.relu`, `torch.sigmoid`, `torch.tanh`, their methods, modules and relatives
  (`leaky_relu`, `elu`, `silu`, `logsigmoid` …) are switched off. `exp`, `where`, `maximum` and `clamp` are
  there to use.

*Dive into Deep Learning*, section 4.1.
"""

import torch


def relu(x: torch.Tensor) -> torch.Tensor:
    """The positive part of every entry.

    Args:
        x: numbers, any shape.

    Returns:
        Numbers from 0 on, shape of x.

    Example:
        >>> relu(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([0., 0., 3.])
    """
    # BEGIN SOLUTION
    return torch.clamp(x, min=0)
    # END SOLUTION


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """Squash every entry into the range from 0 to 1.

    Args:
        x: numbers, any shape.

    Returns:
        Numbers from 0 to 1, shape of x.

    Example:
        >>> sigmoid(torch.tensor([-1e4, 0.0, 1e4]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    # BEGIN SOLUTION
    largest = torch.clamp(x, min=0)
    x_exp, one = torch.exp(x - largest), torch.exp(-largest)  # both over exp(largest): none overflows
    return x_exp / (x_exp + one)
    # END SOLUTION


def tanh(x: torch.Tensor) -> torch.Tensor:
    """Squash every entry into the range from -1 to 1.

    Args:
        x: numbers, any shape.

    Returns:
        Numbers from -1 to 1, shape of x.

    Example:
        >>> tanh(torch.tensor([-1e4, 0.0, 1e4]))
        tensor([-1.,  0.,  1.])
    """
    # BEGIN SOLUTION
    return 2 * sigmoid(2 * x) - 1
    # END SOLUTION
