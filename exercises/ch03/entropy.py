r"""# Entropy, cross-entropy and divergence

How surprising is what happens? An outcome of probability $p$ carries the information $-\log_b p$. Of two
distributions $p$ and $q$ over the same $k$ outcomes:

$$H(p) = -\sum_{i=1}^{k} p_i \log_b p_i \qquad H(p, q) = -\sum_{i=1}^{k} p_i \log_b q_i
\qquad D(p \,\|\, q) = \sum_{i=1}^{k} p_i \log_b \frac{p_i}{q_i}$$

The entropy $H(p)$ is the surprise on average; the cross-entropy $H(p, q)$ is that of somebody who believes in
$q$ while $p$ is true; the Kullback-Leibler divergence $D(p \,\|\, q)$ is what this costs them:
$H(p, q) = H(p) + D(p \,\|\, q)$. Write three functions: `entropy(p, base)`, `cross_entropy(p, q, base)`
and `kl_divergence(p, q, base)`.

- `p` and `q` have shape `(k,)` and one dtype, float32 or float64. Their entries are probabilities and add
  up to 1. The result is a 0-d tensor of the same dtype.
- `base` is the $b$ of the logarithm, a Python number above 1. It is $e$ unless it is given.
- An outcome with $p_i = 0$ never happens and adds nothing, whatever $q_i$ is: $0 \log 0 = 0$.
- An outcome with $p_i > 0$ and $q_i = 0$ makes $H(p, q)$ and $D(p \,\|\, q)$ infinite: return `inf`, with no
  small number added and nothing clamped.
- `p` and `q` stay as they are, and gradients flow back to both. They are those of the three formulas, entry
  by entry: nothing is to be normalised again. Where some probability is 0, they are not asked for.

*Dive into Deep Learning*, section 3.4, and the appendix on information theory.
"""

import math

import torch


def entropy(p: torch.Tensor, base: float = math.e) -> torch.Tensor:
    """The entropy of a distribution.

    Args:
        p: probabilities, shape (k,).
        base: base of the logarithm, above 1.

    Returns:
        H(p), a 0-d tensor.

    Example:
        >>> entropy(torch.tensor([0.5, 0.25, 0.25, 0.0]), base=2)
        tensor(1.5000)
    """
    raise NotImplementedError("write me")


def cross_entropy(p: torch.Tensor, q: torch.Tensor, base: float = math.e) -> torch.Tensor:
    """The cross-entropy of a distribution and what is believed of it.

    Args:
        p: true probabilities, shape (k,).
        q: believed probabilities, shape (k,).
        base: base of the logarithm, above 1.

    Returns:
        H(p, q), a 0-d tensor.

    Example:
        >>> cross_entropy(torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75]), base=2)
        tensor(1.2075)
    """
    raise NotImplementedError("write me")


def kl_divergence(p: torch.Tensor, q: torch.Tensor, base: float = math.e) -> torch.Tensor:
    """The Kullback-Leibler divergence of q from p.

    Args:
        p: true probabilities, shape (k,).
        q: believed probabilities, shape (k,).
        base: base of the logarithm, above 1.

    Returns:
        D(p || q), a 0-d tensor.

    Example:
        >>> kl_divergence(torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75]), base=2)
        tensor(0.2075)
    """
    raise NotImplementedError("write me")
