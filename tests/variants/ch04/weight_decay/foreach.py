import torch


def l1_penalty(w):
    return torch.maximum(w, -w).sum()


def l2_penalty(w):
    flat = w.reshape(1, -1)
    return (flat @ flat.T / 2).reshape(())


def sgd_step(params, grads, lr, weight_decay):
    if len(params) == 0:
        return []
    tensors = [p for p, _ in params]
    decays = [weight_decay * d for _, d in params]
    slopes = torch._foreach_add(list(grads), torch._foreach_mul(tensors, decays))
    return list(torch._foreach_sub(tensors, torch._foreach_mul(slopes, lr)))
