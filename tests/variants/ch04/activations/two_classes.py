"""A sigmoid is a softmax of two scores, x and 0."""

import torch


def relu(x):
    return torch.stack([x, torch.zeros_like(x)]).amax(dim=0)


def probabilities(x):
    scores = torch.stack([x, torch.zeros_like(x)], dim=-1)
    scores = scores - scores.detach().max(dim=-1, keepdim=True).values
    e = scores.exp()
    return e / e.sum(dim=-1, keepdim=True)


def sigmoid(x):
    return probabilities(x)[..., 0]


def tanh(x):
    p = probabilities(2 * x)
    return p[..., 0] - p[..., 1]
