import math

import torch


def step_of_one_number(p, g, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    p = p - lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return p, m, v


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new_p, new_m, new_v = [], [], []
    lists = (x.detach().reshape(-1).tolist() for x in (param, grad, m, v))
    for p, g, m_i, v_i in zip(*lists):
        p, m_i, v_i = step_of_one_number(p, g, m_i, v_i, t, lr, beta1, beta2, eps)
        new_p.append(p)
        new_m.append(m_i)
        new_v.append(v_i)

    def back(numbers):
        return torch.tensor(numbers, dtype=param.dtype, device=param.device).reshape(param.shape)

    return back(new_p), back(new_m), back(new_v)
