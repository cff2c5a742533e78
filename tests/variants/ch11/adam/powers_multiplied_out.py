import torch


def power(beta, t):
    result = 1.0
    for _ in range(t):
        result *= beta
    return result


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
):
    new_m = m * beta1 + grad * (1 - beta1)
    new_v = v * beta2 + grad**2 * (1 - beta2)
    # root(v_hat) + eps and m_hat, both multiplied by root(1 - beta2^t)
    root = (1 - power(beta2, t)) ** 0.5
    step = lr * root / (1 - power(beta1, t)) * new_m / (new_v**0.5 + eps * root)
    return param - step, new_m, new_v
