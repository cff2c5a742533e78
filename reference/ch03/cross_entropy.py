"""Cross-entropy: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def cross_entropy(y_hat, y):
    return -torch.log(_picked(y_hat, y))


def _picked(y_hat, y):
    return torch.gather(y_hat, 1, y.long().unsqueeze(1)).squeeze(1)


@mistake("returns the mean of the losses: one loss per example is asked for")
def mean(y_hat, y):
    return cross_entropy(y_hat, y).mean()


@mistake("returns the sum of the losses: one loss per example is asked for")
def summed(y_hat, y):
    return cross_entropy(y_hat, y).sum()


@mistake("the sign is missing: the logarithm of a probability is negative, a loss is not")
def sign(y_hat, y):
    return torch.log(_picked(y_hat, y))


@mistake("uses the logarithm to base 10: the loss is measured in nats, with the natural logarithm")
def log10(y_hat, y):
    return -torch.log10(_picked(y_hat, y))


@mistake("uses the logarithm to base 2: the loss is measured in nats, with the natural logarithm")
def log2(y_hat, y):
    return -torch.log2(_picked(y_hat, y))


@mistake("adds up the logarithms of all classes: only the true class of each example counts")
def all_classes(y_hat, y):
    return -torch.log(y_hat).sum(dim=1)


@mistake("takes the largest probability of each row: the labels y are not used")
def largest(y_hat, y):
    return -torch.log(y_hat.max(dim=1).values)


@mistake("applies softmax to y_hat: its rows are probabilities already")
def softmax_again(y_hat, y):
    return cross_entropy(torch.softmax(y_hat, dim=1), y)


@mistake("pairs each row with the label of its neighbour: row i belongs to y[i]")
def labels_shifted_down(y_hat, y):
    return cross_entropy(y_hat, y.roll(1))


@mistake("pairs each row with the label of its neighbour: row i belongs to y[i]")
def labels_shifted_up(y_hat, y):
    return cross_entropy(y_hat, y.roll(-1))


SMALL = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, "eps", "tiny")


def _small(eps, dtype):
    return getattr(torch.finfo(dtype), eps) if isinstance(eps, str) else eps


@mistake(
    "adds a small number inside the logarithm: a true class with probability 0 then costs a finite loss",
    eps=SMALL,
)
def adds_epsilon(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y) + _small(eps, y_hat.dtype))


@mistake(
    "keeps probabilities away from 0: a true class with probability 0 then costs a finite loss",
    eps=SMALL,
)
def clamps(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y).clamp(min=_small(eps, y_hat.dtype)))


@mistake(
    "keeps probabilities away from 0 and 1: a true class with probability 0 then costs a finite loss, and "
    "one with probability 1 costs something",
    eps=SMALL[:8],
)
def clamps_both_ends(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y).clamp(eps, 1 - eps))


@mistake(
    "multiplies the logarithms by one-hot labels: 0 times the infinite logarithm of another class is nan",
    loses=("other_classes_impossible",),
)
def one_hot_times_log(y_hat, y):
    return -(F.one_hot(y.long(), y_hat.shape[1]) * torch.log(y_hat)).sum(dim=1)


@mistake(
    "takes the logarithm of every class and picks afterwards: the loss is right, but where another class has "
    "probability 0, its gradient is 0 times infinity, which is nan",
    loses=("other_classes_impossible",),
)
def logarithm_first(y_hat, y):
    return -_picked(torch.log(y_hat), y)
