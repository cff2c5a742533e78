r"""# Pooling

Slide a window over an image and keep one number per position: the largest entry of the window, or the
average of its entries.

$$Y_{ij} = \max_{a < p_h,\, b < p_w} X_{i+a,\,j+b}
\qquad\text{or}\qquad
Y_{ij} = \frac{1}{p_h p_w} \sum_{a < p_h,\, b < p_w} X_{i+a,\,j+b}$$

- `X` has shape `(h, w)`, float32 or float64. `pool_size` is a tuple of two ints `(ph, pw)`: height
  first, then width; the two may differ.
- The window moves one step at a time (stride 1) and stays inside the image. The result has shape
  `(h - ph + 1, w - pw + 1)`, with the dtype of `X` and on its device.
- `mode` is `'max'` (the default) or `'avg'`. Anything else, `'MAX'` and `'mean'` for instance, raises
  `ValueError`, with a message that names `mode`.
- A window that is taller or wider than `X` raises `ValueError`, with a message that names `pool_size`
  (or `X`).
- Entries may all be negative.
- `X` stays as it is, and gradients flow back to it: of a maximum to the entry that won, of an average to
  all entries of the window. Windows in which two entries share the maximum are not judged for their
  gradient.
- Write it yourself: `F.max_pool2d`, `F.avg_pool2d`, `nn.MaxPool2d` and every other pooling of torch and
  SciPy are switched off. `unfold`, `F.unfold` and `as_strided` are allowed, and so are loops.

*Dive into Deep Learning*, section 6.5.
"""

import torch


def pool2d(X: torch.Tensor, pool_size: tuple[int, int], mode: str = "max") -> torch.Tensor:
    """Maximum or average of every window of an image.

    Args:
        X: the image, shape (h, w).
        pool_size: height and width of the window, (ph, pw).
        mode: 'max' or 'avg'.

    Returns:
        Shape (h - ph + 1, w - pw + 1).

    Raises:
        ValueError: mode is unknown, or the window is taller or wider than X.

    Example:
        >>> X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
        >>> pool2d(X, (2, 2))
        tensor([[4., 5.],
                [7., 8.]])
        >>> pool2d(X, (2, 2), 'avg')
        tensor([[2., 3.],
                [5., 6.]])
    """
    raise NotImplementedError("write me")
