import torch


def l1_penalty(w):
    return w.abs().sum()


def l2_penalty(w):
    return (w**2).sum() / 2


def sgd_step(params, grads, lr, weight_decay):
    return [param - lr * (grad + weight_decay * param) for (param, _), grad in zip(params, grads)]
