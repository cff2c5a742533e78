import torch


def l1_penalty(w):
    total = torch.zeros((), dtype=w.dtype, device=w.device)
    for x in w.reshape(-1):
        total = total + (x if x > 0 else -x)
    return total


def l2_penalty(w):
    total = 0
    for x in w.flatten():
        total = total + x * x
    return total / 2


def sgd_step(params, grads, lr, weight_decay):
    result = []
    for (param, decay), grad in zip(params, grads):
        new = torch.empty_like(param, requires_grad=False).reshape(-1)
        flat, slope = param.detach().reshape(-1), grad.detach().reshape(-1)
        for k in range(flat.numel()):
            step = float(slope[k])
            if decay:
                step += weight_decay * float(flat[k])
            new[k] = float(flat[k]) - lr * step
        result.append(new.reshape(param.shape))
    return result
