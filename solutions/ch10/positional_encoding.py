r"""# Positional encoding

Attention does not see the order of its inputs. A table of sines and cosines, added to them, says
where each one stands. For step $i = 0, 1, \dots, n - 1$ and pair $j = 0, 1, \dots$ of columns:

$$P_{i, 2j} = \sin\frac{i}{10000^{2j/d}} \qquad P_{i, 2j+1} = \cos\frac{i}{10000^{2j/d}}$$

Write two functions.

`encoding_table(n, d)` returns the table `P`, shape `(n, d)`.

- `n` and `d` are integers, 1 or more. Where `d` is odd, the last column is a sine without its
  cosine.
- The table may have any float dtype, but each entry must be exact to `5e-6` for `n` up to 5000. An
  angle close to 5000 leaves float32 three digits behind the point: compute in float64, then round
  if you like.

`positional_encoding(X)` returns `X + P`.

- `X` has shape `(b, n, d)`: examples, steps, features. Every example gets the same `P`.
- `X` is float32 or float64; the result has the same shape and dtype and sits on the same device.
  For float64 `X` the encoding that is added must be as exact as float64 is.
- `X` itself stays as it is, and gradients flow back to it.

Moving on by a fixed number of steps turns every pair of columns by a fixed angle, which is how
attention can tell how far apart two steps are.

*Dive into Deep Learning*, section 10.6.
"""

import torch


def encoding_table(n: int, d: int) -> torch.Tensor:
    """The positional encodings of the steps 0 to n - 1.

    Args:
        n: number of steps.
        d: number of features, even or odd.

    Returns:
        The table P, shape (n, d), of any float dtype.

    Example:
        >>> encoding_table(2, 4).float()
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0100, 0.9999]])
    """
    # BEGIN SOLUTION
    steps = torch.arange(n, dtype=torch.float64)[:, None]  # (n, 1)
    exponents = torch.arange(0, d, 2, dtype=torch.float64) / d  # one for each sine
    angles = steps / 10000**exponents  # (n, number of sines)
    P = torch.empty(n, d, dtype=torch.float64)
    P[:, 0::2] = torch.sin(angles)
    P[:, 1::2] = torch.cos(angles[:, : d // 2])
    return P
    # END SOLUTION


def positional_encoding(X: torch.Tensor) -> torch.Tensor:
    """Add its position to every step of every example.

    Args:
        X: inputs, shape (b, n, d).

    Returns:
        X + P, shape (b, n, d).

    Example:
        >>> positional_encoding(torch.full((1, 2, 3), 10.0))
        tensor([[[10.0000, 11.0000, 10.0000],
                 [10.8415, 10.5403, 10.0022]]])
    """
    # BEGIN SOLUTION
    _, n, d = X.shape
    return X + encoding_table(n, d).to(device=X.device, dtype=X.dtype)
    # END SOLUTION
