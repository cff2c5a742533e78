import torch


def l1_penalty(w):
    return torch.where(w < 0, -w, w).sum()


def l2_penalty(w):
    return sum(row.square().sum() for row in w.reshape(-1, 1)) / 2


def sgd_step(params, grads, lr, weight_decay):
    new = []
    for (param, decay), grad in zip(params, grads):
        w, g = param.detach().cpu().numpy(), grad.detach().cpu().numpy()
        stepped = w - lr * (g + weight_decay * w) if decay else w - lr * g
        new.append(torch.as_tensor(stepped, dtype=param.dtype, device=param.device))
    return new
