r"""# Xavier initialisation

If the weights of a layer start out too small, its signal fades from layer to layer; if they start out
too large, it explodes. For a layer with $n_{in}$ inputs and $n_{out}$ outputs, a variance of

$$\sigma^2 = \frac{2}{n_{in} + n_{out}}$$

keeps the size of signals and of gradients about the same. Numbers that are uniform between $-a$ and
$a$ have the variance $a^2 / 3$, so draw each weight from

$$U(-a, a) \qquad a = \sqrt{\frac{6}{n_{in} + n_{out}}}$$

- `fan_in` and `fan_out` are integers, 1 or more. The result has shape `(fan_in, fan_out)`, float32.
- Every entry is drawn on its own, with the same chance for every number between $-a$ and $a$.
- Every call draws afresh. If a `generator` is given, draw from it: generators with the same seed give
  the same result, with different seeds different ones. If it is None, use torch's global one.

*Dive into Deep Learning*, section 4.8.
"""

import math

import torch


def xavier_uniform(fan_in: int, fan_out: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """Random weights for a layer, uniform, with the variance 2 / (fan_in + fan_out).

    Args:
        fan_in: number of inputs.
        fan_out: number of outputs.
        generator: where random numbers come from; None for torch's global generator.

    Returns:
        Weights, shape (fan_in, fan_out), float32.

    Example:
        >>> W = xavier_uniform(350, 50)
        >>> W.shape
        torch.Size([350, 50])
        >>> bool(W.abs().max() <= 0.1225), bool(W.abs().max() > 0.122)
        (True, True)
    """
    # BEGIN SOLUTION
    bound = math.sqrt(6 / (fan_in + fan_out))
    return bound * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)
    # END SOLUTION
