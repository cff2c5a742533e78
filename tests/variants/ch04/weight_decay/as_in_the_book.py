import torch


def l1_penalty(w):
    return torch.sum(torch.abs(w))


def l2_penalty(w):
    return torch.sum(w.pow(2)) / 2


def sgd_step(params, grads, lr, weight_decay):
    out = []
    with torch.no_grad():
        for i in range(len(params)):
            param, decay = params[i]
            new = param.clone()
            if decay:
                new -= lr * (grads[i] + weight_decay * param)
            else:
                new -= lr * grads[i]
            out.append(new)
    return out
