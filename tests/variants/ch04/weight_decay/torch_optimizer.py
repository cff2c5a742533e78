import torch


def l1_penalty(w):
    return torch.nn.functional.l1_loss(w, torch.zeros_like(w), reduction="sum")


def l2_penalty(w):
    return torch.nn.functional.mse_loss(w, torch.zeros_like(w), reduction="sum") / 2


def sgd_step(params, grads, lr, weight_decay):
    if not params:
        return []
    new = [w.detach().clone() for w, _ in params]
    for tensor, grad in zip(new, grads):
        tensor.grad = grad.detach().clone()
    groups = [
        {"params": [t for t, (_, decay) in zip(new, params) if decay], "weight_decay": weight_decay},
        {"params": [t for t, (_, decay) in zip(new, params) if not decay]},
    ]
    torch.optim.SGD([group for group in groups if group["params"]], lr=lr).step()
    return new
