import torch


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    b1 = torch.as_tensor(beta1, dtype=param.dtype, device=param.device)
    b2 = torch.as_tensor(beta2, dtype=param.dtype, device=param.device)
    m = torch.add(torch.mul(b1, m), torch.mul(1 - b1, grad))
    v = torch.add(torch.mul(b2, v), torch.mul(1 - b2, torch.pow(grad, 2)))
    m_hat = torch.div(m, 1 - torch.pow(b1, t))
    v_hat = torch.div(v, 1 - torch.pow(b2, t))
    return torch.sub(param, torch.div(lr * m_hat, torch.sqrt(v_hat) + eps)), m, v
