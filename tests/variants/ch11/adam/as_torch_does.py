import math

import torch


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    with torch.no_grad():
        m = torch.lerp(m, grad, 1 - beta1)
        v = v.mul(beta2).addcmul(grad, grad, value=1 - beta2)
        denominator = v.sqrt().div(math.sqrt(1 - beta2**t)).add(eps)
        param = param.addcdiv(m, denominator, value=-lr / (1 - beta1**t))
    return param, m, v
