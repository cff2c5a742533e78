import torch


def l1_penalty(w):
    return torch.norm(w, p=1)


def l2_penalty(w):
    return 0.5 * torch.einsum("i,i->", w.reshape(-1), w.reshape(-1))


def sgd_step(params, grads, lr, weight_decay):
    keep = {True: 1 - lr * weight_decay, False: 1.0}
    return [keep[decay] * w - lr * g for (w, decay), g in zip(params, grads)]
