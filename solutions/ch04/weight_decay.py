r"""# Weight decay

Large weights make a model follow every quirk of its training data. Add the size of the weights to the
loss, and training keeps them small. Two measures of size:

$$\lVert w \rVert_1 = \sum_j |w_j| \qquad\qquad \tfrac12 \lVert w \rVert_2^2 = \tfrac12 \sum_j w_j^2$$

The gradient of the second one is $w$ itself, so that its penalty $\lambda \cdot \frac12 \lVert w \rVert_2^2$
turns a step of gradient descent into

$$w \leftarrow w - \eta \left( g + \lambda w \right)$$

where $g$ is the gradient of the loss without the penalty: every step also shrinks the weights a little.
Biases are usually left alone: $b \leftarrow b - \eta g$.

`l1_penalty(w)` and `l2_penalty(w)`:

- `w` may have any shape, a single number included; the result is a 0-d tensor, one number for all
  entries together.
- Gradients flow back to `w`; that of `l1_penalty` at an entry of exactly 0 is not judged, that of
  `l2_penalty` is.

`sgd_step(params, grads, lr, weight_decay)`:

- `params` is a list of pairs `(tensor, decay)`: a parameter of any shape, and True or False for whether
  it decays. Look at nothing else to decide that: a matrix may be one that does not decay.
- `grads` is a list with a gradient for each parameter, in the same order. `lr` is $\eta$, `weight_decay`
  is $\lambda$; both are numbers.
- The result is a list of the new parameters, as new tensors in the same order, without the flags. For
  an empty list it is an empty list.
- No gradients need to flow through the result.

All tensors are float32 or float64, and results have the dtype of the arguments. All arguments stay as
they are, lists and tensors, also those that require gradients.

*Dive into Deep Learning*, section 4.5.
"""

import torch


def l1_penalty(w: torch.Tensor) -> torch.Tensor:
    """The sum of the sizes of all entries.

    Args:
        w: weights, any shape.

    Returns:
        The penalty, a 0-d tensor.

    Example:
        >>> l1_penalty(torch.tensor([[3.0, -4.0]]))
        tensor(7.)
    """
    # BEGIN SOLUTION
    return w.abs().sum()
    # END SOLUTION


def l2_penalty(w: torch.Tensor) -> torch.Tensor:
    """Half the sum of the squares of all entries.

    Args:
        w: weights, any shape.

    Returns:
        The penalty, a 0-d tensor.

    Example:
        >>> l2_penalty(torch.tensor([[3.0, -4.0]]))
        tensor(12.5000)
    """
    # BEGIN SOLUTION
    return (w**2).sum() / 2
    # END SOLUTION


def sgd_step(
    params: list[tuple[torch.Tensor, bool]], grads: list[torch.Tensor], lr: float, weight_decay: float
) -> list[torch.Tensor]:
    """One step of gradient descent with weight decay.

    Args:
        params: pairs of a parameter, any shape, and whether it decays.
        grads: the gradient of each parameter, of its shape.
        lr: the learning rate.
        weight_decay: how strongly parameters decay, lambda in the formula.

    Returns:
        The new parameters.

    Example:
        >>> w, b, g = torch.tensor([2.0, -4.0]), torch.tensor(1.0), torch.tensor([1.0, 0.0])
        >>> sgd_step([(w, True), (b, False)], [g, torch.tensor(10.0)], lr=0.1, weight_decay=0.5)
        [tensor([ 1.8000, -3.8000]), tensor(0.)]
    """
    # BEGIN SOLUTION
    new = []
    for (param, decay), grad in zip(params, grads, strict=True):
        if decay:
            grad = grad + weight_decay * param
        new.append(param - lr * grad)
    return new
    # END SOLUTION
