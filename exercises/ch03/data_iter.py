r"""# Reading data in minibatches

Stochastic gradient descent looks at a few examples at a time, in an order that is new in every
epoch. Write the loop's source: `data_iter` goes once through all $n$ examples, in random order, and
gives them out in minibatches of `batch_size`.

    for X, y in data_iter(10, features, labels):
        ...

- `features` has shape `(n, …)`: one example for each index of the first dimension, which may be a
  number, a row, an image. `labels` has shape `(n,)`, `(n, 1)` or `(n, …)`; it may hold floats or
  integers.
- What comes back is to be looped over: a generator, or anything else that works in a `for` loop. It
  gives one pair (tuple or list) `X, y` for each minibatch; `X` and `y` are tensors with the dtype of
  `features` and `labels` and with all their dimensions. The first dimension counts the examples of
  the minibatch, even if there is only one.
- Every example comes exactly once, and row `i` of `y` is the label of row `i` of `X`.
- Every minibatch holds `batch_size` examples. Where $n$ is no multiple of it, the last one holds those
  that are left; where `batch_size` is larger than $n$, all of them come in one minibatch.
- Every order of the $n$ examples is equally likely, and every call draws a new one. If a `generator`
  is given, draw from it: generators with the same seed give the same order, with different seeds
  different ones. If it is None, any source of random numbers will do, torch's or Python's, as long as
  you do not seed it.
- `features` and `labels` stay as they are. A minibatch, too, stays as it is when the next one comes.
- Gradients flow from the minibatches back to `features` and `labels`.
- A `batch_size` below 1 raises a `ValueError` that names `batch_size`: in the call, or when the loop
  asks for the first minibatch.

*Dive into Deep Learning*, section 3.2.
"""

from collections.abc import Iterator

import torch


def data_iter(
    batch_size: int, features: torch.Tensor, labels: torch.Tensor, generator: torch.Generator | None = None
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Go once through a dataset, in random order, a minibatch at a time.

    Args:
        batch_size: how many examples a minibatch holds, at least 1.
        features: the examples, shape (n, …).
        labels: their labels, shape (n, …).
        generator: where random numbers come from; None for any source.

    Yields:
        Pairs X, y of shape (batch_size, …); the last pair may be smaller.

    Raises:
        ValueError: batch_size is below 1.

    Example:
        >>> X, y = torch.ones(5, 3), torch.zeros(5)
        >>> [(len(X_batch), len(y_batch)) for X_batch, y_batch in data_iter(2, X, y)]
        [(2, 2), (2, 2), (1, 1)]
    """
    raise NotImplementedError("write me")
