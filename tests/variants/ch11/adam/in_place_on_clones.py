import torch


@torch.no_grad()
def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m, v = param.clone(), m.clone(), v.clone()
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * torch.square(grad)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    v_hat.sqrt_()
    v_hat += eps
    param -= lr * m_hat / v_hat
    return param, m, v
