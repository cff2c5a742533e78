import torch


def l1_penalty(w):
    return torch.linalg.vector_norm(w, 1)


def l2_penalty(w):
    return torch.dot(w.ravel(), w.ravel()) / 2


class SGD:
    def __init__(self, lr, weight_decay):
        self.lr, self.weight_decay = lr, weight_decay

    def step(self, pair, grad):
        param, decay = pair
        rate = self.weight_decay if decay else 0
        print("decay", rate, "shape", tuple(param.shape))
        return torch.add(param, torch.add(grad, param, alpha=rate), alpha=-self.lr)


def sgd_step(params, grads, lr, weight_decay):
    optimizer = SGD(lr, weight_decay)
    return list(map(optimizer.step, params, grads))
