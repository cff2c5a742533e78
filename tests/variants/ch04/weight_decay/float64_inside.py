import torch


def l1_penalty(w):
    return w.double().abs().sum().to(w.dtype)


def l2_penalty(w):
    return (w.double() ** 2).sum().div(2).to(w.dtype)


def sgd_step(params, grads, lr, weight_decay):
    def update(w, decays, g):
        step = g.double() + (weight_decay if decays else 0.0) * w.double()
        return (w.double() - lr * step).type(w.dtype)

    return [update(w, decays, g) for (w, decays), g in zip(params, grads)]
