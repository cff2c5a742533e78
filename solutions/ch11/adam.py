r"""# Adam

One step of Adam: momentum in the numerator, the size of recent gradients in the denominator, and
a correction for having started both at zero. With the gradient $g$ and $t$ the number of this step,

$$m' = \beta_1 m + (1 - \beta_1)\, g \qquad v' = \beta_2 v + (1 - \beta_2)\, g^2$$

$$\hat m = \frac{m'}{1 - \beta_1^t} \qquad \hat v = \frac{v'}{1 - \beta_2^t}
\qquad \theta' = \theta - \mathrm{lr} \cdot \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$

- `param`, `grad`, `m` and `v` have one shape, any shape, and one dtype, float32 or float64. `m` and
  `v` are what the step before returned; before the first step both are zero.
- `t` counts from 1: the first step has `t=1`. It is an int.
- The result is the tuple `(param, m, v)`: $\theta'$, $m'$ and $v'$, in that shape and dtype and on
  the device of `param`. The moments are returned as they are, without the correction: the next step
  needs them so.
- $\epsilon$ is added to the root, after the correction. It decides what happens where gradients are as
  small as it is, and it keeps a gradient of zero from becoming 0 / 0.
- All four arguments stay as they are: return new tensors. No gradients need to flow through the result.
- Write it yourself: `torch.optim` and its functions are switched off.

*Dive into Deep Learning*, section 11.10.
"""

import torch


def adam_step(
    param: torch.Tensor,
    grad: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One step of Adam for one parameter.

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss with respect to it, same shape.
        m: first moment, the running average of the gradients, same shape.
        v: second moment, the running average of their squares, same shape.
        t: number of this step, 1 for the first.
        lr: learning rate.
        beta1: what the first moment keeps of itself.
        beta2: what the second moment keeps of itself.
        eps: added to the root of the second moment.

    Returns:
        The new param, m and v, each of the same shape.

    Example:
        >>> w, zero = torch.tensor([1.0, 2.0]), torch.zeros(2)
        >>> adam_step(w, torch.tensor([10.0, -2.0]), zero, zero, t=1, lr=0.1)
        (tensor([0.9000, 2.1000]), tensor([ 1.0000, -0.2000]), tensor([0.1000, 0.0040]))
    """
    # BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return param - lr * m_hat / (torch.sqrt(v_hat) + eps), m, v
    # END SOLUTION
