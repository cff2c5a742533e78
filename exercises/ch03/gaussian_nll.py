r"""# Negative log-likelihood of a normal distribution

Observations $y_i$, each from a normal distribution with mean $\mu_i$ and standard deviation $\sigma_i$,
have the densities

$$f(y_i) = \frac{1}{\sqrt{2 \pi \sigma_i^2}} \exp\left(-\frac{(y_i - \mu_i)^2}{2 \sigma_i^2}\right)$$

Their likelihood is the product of all $f(y_i)$. Compute its negative logarithm,

$$-\sum_{i=1}^{n} \ln f(y_i)$$

With one $\sigma$ for all, minimising it over $\mu$ is minimising the squared error: this is where least
squares come from.

- `y` has shape `(n,)`.
- `mu` and `sigma` each have shape `(n,)`, one for each observation, or shape `(1,)` or no dimension at all,
  one for all of them.
- All three have one dtype, float32 or float64. The result is a 0-d tensor of the same dtype: the sum over
  all observations, with its constant terms.
- `sigma` is any positive number, and 0.0001 is not too small; an observation may lie 1,000 standard
  deviations away from its mean. The density is 0 in every float there, its logarithm is not infinite.
- If any entry of `sigma` is 0 or negative, raise a `ValueError` that names `sigma`.
- `y`, `mu` and `sigma` stay as they are, and gradients flow back to all three.

*Dive into Deep Learning*, section 3.1.
"""

import math

import torch


def gaussian_nll(y: torch.Tensor, mu: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """The negative log-likelihood of observations under normal distributions.

    Args:
        y: observations, shape (n,).
        mu: means, shape (n,), (1,) or ().
        sigma: standard deviations, shape (n,), (1,) or (), all positive.

    Returns:
        The sum over all observations, a 0-d tensor.

    Raises:
        ValueError: some entry of sigma is not positive.

    Example:
        >>> gaussian_nll(torch.tensor([0.0, 2.0]), torch.tensor(1.0), torch.tensor(1.0))
        tensor(2.8379)
    """
    raise NotImplementedError("write me")
