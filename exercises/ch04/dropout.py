r"""# Dropout

While a network learns, switch off each of its hidden units with probability $p$, and scale up the
others so that the mean stays what it was:

$$h' = \begin{cases} 0 & \text{with probability } p \\ \dfrac{h}{1-p} & \text{otherwise} \end{cases}$$

- `X` may have any shape, a single number included, float32 or float64; the result has its shape and
  dtype. For a float64 `X`, compute in float64 all the way.
- Every entry is dropped on its own: no row, column or example shares its luck with another, and the
  number of dropped entries is left to chance as well.
- Every call draws afresh. If a `generator` is given, draw from it: generators with the same seed give
  the same result, with different seeds different ones. If it is None, use torch's global one.
- `p = 0` gives `X` exactly; `p = 1` gives zeros (no gradient is asked for there).
- With `training=False` nothing is dropped or scaled, whatever `p` is: the result equals `X`.
- Gradients flow back through the entries that were kept, and only through these: the backward pass
  uses the mask of the forward pass.
- `X` itself stays as it is.
- A `p` outside `[0, 1]` raises a `ValueError` that names `p`.
- Write it yourself: `F.dropout`, `nn.Dropout` and the like are switched off. `torch.rand` and
  `torch.bernoulli` are there to use.

*Dive into Deep Learning*, section 4.6.
"""

import torch


def dropout(
    X: torch.Tensor, p: float, training: bool = True, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Drop each entry with probability p and scale the others by 1 / (1 - p).

    Args:
        X: values, any shape.
        p: probability to drop an entry, from 0 to 1.
        training: if False, the result equals X.
        generator: where random numbers come from; None for torch's global generator.

    Returns:
        Values with the shape and dtype of X.

    Raises:
        ValueError: p is outside [0, 1].

    Example:
        >>> X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> dropout(X, 0.5, training=False)
        tensor([[1., 2.],
                [3., 4.]])
        >>> dropout(X, 1.0)
        tensor([[0., 0.],
                [0., 0.]])
    """
    raise NotImplementedError("write me")
