r"""# Cross-correlation

Slide a kernel over an image. At each position, multiply the window under the kernel by the kernel,
entry by entry, and add up:

$$Y_{ij} = \sum_{a=0}^{k_h-1} \sum_{b=0}^{k_w-1} X_{i+a,\,j+b}\, K_{ab}$$

The kernel stays inside the image and is not flipped: `K[0, 0]` meets the top left entry of the window.

- `X` has shape `(h, w)`, `K` has shape `(kh, kw)`; both are float32 or both are float64. The result
  has shape `(h - kh + 1, w - kw + 1)`, with the dtype of `X` and on its device.
- No padding, stride 1. Neither `X` nor `K` need be square; `K` may be as small as one entry and as
  large as `X`.
- A `K` that is taller or wider than `X` raises `ValueError`, with a message that names `K` (or `X`).
- `X` and `K` stay as they are, and gradients flow back to both.
- Write it yourself: `F.conv2d`, `nn.Conv2d` and every other convolution of torch and SciPy are switched
  off. `unfold`, `F.unfold` and `as_strided` are allowed, and so are loops.

*Dive into Deep Learning*, section 6.2.
"""

import torch


def corr2d(X: torch.Tensor, K: torch.Tensor) -> torch.Tensor:
    """The two-dimensional cross-correlation of an image with a kernel.

    Args:
        X: the image, shape (h, w).
        K: the kernel, shape (kh, kw).

    Returns:
        Shape (h - kh + 1, w - kw + 1).

    Raises:
        ValueError: K is taller or wider than X.

    Example:
        >>> X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
        >>> corr2d(X, torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
        tensor([[19., 25.],
                [37., 43.]])
    """
    # BEGIN SOLUTION
    (h, w), (kh, kw) = X.shape, K.shape
    if kh > h or kw > w:
        raise ValueError(f"K has shape ({kh}, {kw}), which does not fit into X of shape ({h}, {w})")
    windows = X.unfold(0, kh, 1).unfold(1, kw, 1)  # (h - kh + 1, w - kw + 1, kh, kw)
    return (windows * K).sum(dim=(2, 3))
    # END SOLUTION
