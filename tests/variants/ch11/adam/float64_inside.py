import torch


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    dtype = param.dtype
    param, grad, m, v = (x.detach().to(torch.float64) for x in (param, grad, m, v))
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad.pow(2) - v)
    correction1 = 1.0 - beta1**t
    correction2 = 1.0 - beta2**t
    param = param - lr / correction1 * m / ((v / correction2) ** 0.5 + eps)
    return param.to(dtype), m.to(dtype), v.to(dtype)
