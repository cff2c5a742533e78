import numpy as np
import torch


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    p, g, m, v = (np.asarray(x.detach().cpu().numpy(), dtype=np.float64) for x in (param, grad, m, v))
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * np.square(g)
    p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return tuple(torch.tensor(x, dtype=param.dtype, device=param.device) for x in (p, m, v))
