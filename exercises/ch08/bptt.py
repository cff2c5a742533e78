r"""# Backpropagation through time

A recurrent network reads a batch of $n$ sequences, one step at a time:

$$H_t = \tanh(X_t W_{xh} + H_{t-1} W_{hh} + b_h) \qquad O_t = H_t W_{hq} + b_q \qquad t = 1, \dots, T$$

with the start state $H_0$ given. Every step has its targets $Y_t$, and the loss is averaged over steps
and sequences:

$$L = \frac{1}{T n} \sum_{t=1}^{T} \sum_{i=1}^{n} \frac12 \left\lVert O_{t,i} - Y_{t,i} \right\rVert^2$$

Compute $L$ and its gradients with respect to the five parameters. A state acts on the loss through
its own output and through every state that follows: go back through all the steps, down to the first.

- `X` has shape `(T, n, d)`, `Y` has shape `(T, n, q)`, `H0` has shape `(n, h)`.
- `W_xh` has shape `(d, h)`, `W_hh` `(h, h)`, `b_h` `(h,)`, `W_hq` `(h, q)` and `b_q` `(q,)`.
- All of them have one dtype, float32 or float64, and are on one device. So are the results.
- The result is the tuple `(loss, gradients)`: a 0-d tensor, and a dict of five tensors under the keys
  `"W_xh"`, `"W_hh"`, `"b_h"`, `"W_hq"` and `"b_q"`, each of the shape of its parameter.
- Gradients may grow or fade over many steps. Return them as they are, without clipping.
- All arguments stay as they are, also those that require gradients. No gradients need to flow
  through the result.
- Write it yourself: `backward`, `torch.autograd.grad`, `torch.func` and the layers `nn.RNN` and
  `nn.RNNCell` are switched off. `torch.tanh` is not.

*Dive into Deep Learning*, section 8.7.
"""

import torch


def bptt(
    X: torch.Tensor,
    Y: torch.Tensor,
    H0: torch.Tensor,
    W_xh: torch.Tensor,
    W_hh: torch.Tensor,
    b_h: torch.Tensor,
    W_hq: torch.Tensor,
    b_q: torch.Tensor,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The loss of a tanh network over a batch of sequences, and the gradients of its parameters.

    Args:
        X: inputs, shape (T, n, d).
        Y: targets, shape (T, n, q).
        H0: the state before the first step, shape (n, h).
        W_xh: input to state, shape (d, h).
        W_hh: state to state, shape (h, h).
        b_h: bias of the state, shape (h,).
        W_hq: state to output, shape (h, q).
        b_q: bias of the output, shape (q,).

    Returns:
        The loss, a 0-d tensor, and a dict of the five gradients under the names of the parameters.

    Example:
        >>> zero, one = torch.zeros(1), torch.ones(1, 1)
        >>> X, Y = torch.zeros(2, 1, 1), torch.full((2, 1, 1), 3.0)
        >>> loss, gradients = bptt(X, Y, torch.zeros(1, 1), one, one, zero, one, zero)
        >>> loss
        tensor(4.5000)
        >>> gradients["b_h"]
        tensor([-4.5000])
    """
    raise NotImplementedError("write me")
