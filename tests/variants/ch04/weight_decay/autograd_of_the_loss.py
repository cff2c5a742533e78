import torch


def l1_penalty(w):
    return (w * torch.sign(w).detach()).sum()


def l2_penalty(w):
    return torch.square(w).mul(0.5).sum()


def sgd_step(params, grads, lr, weight_decay):
    """Derives the penalised loss instead of knowing its gradient."""
    leaves = [w.detach().clone().requires_grad_() for w, _ in params]
    new = []
    for leaf, (_, decay), g in zip(leaves, params, grads):
        loss = (leaf * g.detach()).sum()
        if decay:
            loss = loss + weight_decay * l2_penalty(leaf)
        (slope,) = torch.autograd.grad(loss, leaf)
        new.append((leaf - lr * slope).detach())
    return new
