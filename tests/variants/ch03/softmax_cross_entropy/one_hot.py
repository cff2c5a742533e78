import torch
import torch.nn.functional as F


def log_softmax(O):
    O = O - torch.amax(O, 1, keepdim=True)
    return O - torch.log(torch.sum(torch.exp(O), 1, keepdim=True))


def loss(logits, y):
    onehot = F.one_hot(y, logits.shape[1])
    return -(onehot * log_softmax(logits)).sum(1).mean()


def grad(logits, y):
    onehot = F.one_hot(y, logits.shape[1])
    return (torch.exp(log_softmax(logits)) - onehot) / y.shape[0]
