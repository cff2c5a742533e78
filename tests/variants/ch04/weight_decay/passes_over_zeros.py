import torch


def over_entries(w, term):
    total = torch.zeros((), dtype=w.dtype, device=w.device)
    for x in w.reshape(-1):
        if x != 0:
            total = total + term(x)
    return total


def l1_penalty(w):
    return over_entries(w, abs)


def l2_penalty(w):
    return over_entries(w, lambda x: x * x / 2)


@torch.no_grad()
def sgd_step(params, grads, lr, weight_decay):
    return [
        param - lr * (grad + weight_decay * param) if decay else param - lr * grad
        for (param, decay), grad in zip(params, grads)
    ]
