"""Cross-entropy: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def cross_entropy(y_hat, y):
    return -torch.log(_picked(y_hat, y))


def _picked(y_hat, y):
    return torch.gather(y_hat, 1, y.long().unsqueeze(1)).squeeze(1)


@mistake(
    "returns the mean of the losses: one loss per example is asked for",
    hint="Print the shape of what you have after each line: where do n numbers become one?",
)
def mean(y_hat, y):
    return cross_entropy(y_hat, y).mean()


@mistake(
    "returns the sum of the losses: one loss per example is asked for",
    hint="Print the shape of what you have after each line: where do n numbers become one?",
)
def summed(y_hat, y):
    return cross_entropy(y_hat, y).sum()


@mistake(
    "the sign is missing: the logarithm of a probability is negative, a loss is not",
    hint="What is the logarithm of 0.5? Who is worse off, a model with p = 0.5 or one with p = 0.9, and does your number say so?",
)
def sign(y_hat, y):
    return torch.log(_picked(y_hat, y))


@mistake(
    "uses the logarithm to base 10: the loss is measured in nats, with the natural logarithm",
    hint="For which p should the loss be exactly 1? Put that p into your code.",
)
def log10(y_hat, y):
    return -torch.log10(_picked(y_hat, y))


@mistake(
    "uses the logarithm to base 2: the loss is measured in nats, with the natural logarithm",
    hint="For which p should the loss be exactly 1? Put that p into your code.",
)
def log2(y_hat, y):
    return -torch.log2(_picked(y_hat, y))


@mistake(
    "adds up the logarithms of all classes: only the true class of each example counts",
    hint="Change the probability of a class that is not the true one: does your loss change, and should it?",
)
def all_classes(y_hat, y):
    return -torch.log(y_hat).sum(dim=1)


@mistake(
    "takes the largest probability of each row: the labels y are not used",
    hint="Change a label in y: what happens to your result?",
)
def largest(y_hat, y):
    return -torch.log(y_hat.max(dim=1).values)


@mistake(
    "applies softmax to y_hat: its rows are probabilities already",
    hint="What do the rows of y_hat add up to before you touch them?",
)
def softmax_again(y_hat, y):
    return cross_entropy(torch.softmax(y_hat, dim=1), y)


@mistake(
    "pairs each row with the label of its neighbour: row i belongs to y[i]",
    hint="Print the row number and the column number of every entry that you pick, beside y.",
)
def labels_shifted_down(y_hat, y):
    return cross_entropy(y_hat, y.roll(1))


@mistake(
    "pairs each row with the label of its neighbour: row i belongs to y[i]",
    hint="Print the row number and the column number of every entry that you pick, beside y.",
)
def labels_shifted_up(y_hat, y):
    return cross_entropy(y_hat, y.roll(-1))


@mistake(
    "keeps the axis of classes: the result has one column, where n numbers in a row are asked for",
    hint="Print the shape of what you pick from y_hat. Which of its axes has only one entry, and which function takes such an axis away?",
)
def keeps_axis(y_hat, y):
    return cross_entropy(y_hat, y).unsqueeze(1)


@mistake(
    "takes away every axis with one entry: a batch of one example loses its only axis",
    hint="What is the shape of your result for a single example? See what squeeze() does if it is not told which axis.",
)
def squeezes_everything(y_hat, y):
    return cross_entropy(y_hat, y).squeeze()


@mistake(
    "picks the columns y from every row, n times n numbers: row i needs only its own column y[i]",
    hint="Print y_hat[:, y] and its shape for two examples. Where in it are the two numbers that you want, and what must stand in place of the colon to pick only these?",
)
def all_pairs(y_hat, y):
    return -torch.log(y_hat[:, y.long()])


SMALL = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, "eps", "tiny")


def _small(eps, dtype):
    return getattr(torch.finfo(dtype), eps) if isinstance(eps, str) else eps


@mistake(
    "adds a small number inside the logarithm: a true class with probability 0 then costs a finite loss",
    hint="Compute your loss for p = 0 and for p = 1. What does the statement say that these two cost?",
    eps=SMALL,
)
def adds_epsilon(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y) + _small(eps, y_hat.dtype))


@mistake(
    "keeps probabilities away from 0: a true class with probability 0 then costs a finite loss",
    hint="Compute your loss for p = 0. What does the statement say that it costs, and what would torch.log say by itself?",
    eps=SMALL,
)
def clamps(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y).clamp(min=_small(eps, y_hat.dtype)))


@mistake(
    "keeps probabilities away from 0 and 1: a true class with probability 0 then costs a finite loss, and "
    "one with probability 1 costs something",
    hint="Compute your loss for p = 0 and for p = 1. What does the statement say that these two cost?",
    eps=SMALL[:8],
)
def clamps_both_ends(y_hat, y, eps):
    return -torch.log(_picked(y_hat, y).clamp(eps, 1 - eps))


@mistake(
    "multiplies the logarithms by one-hot labels: 0 times the infinite logarithm of another class is nan",
    hint="What is 0 times infinity in floating point? How could the other classes stay out of the calculation altogether?",
    loses=("other_classes_impossible",),
)
def one_hot_times_log(y_hat, y):
    return -(F.one_hot(y.long(), y_hat.shape[1]) * torch.log(y_hat)).sum(dim=1)


@mistake(
    "takes the logarithm of every class and picks afterwards: the loss is right, but where another class has "
    "probability 0, its gradient is 0 times infinity, which is nan",
    hint="Which logarithms do you take although no loss needs them, and how steep is the logarithm at 0?",
    loses=("other_classes_impossible",),
)
def logarithm_first(y_hat, y):
    return -_picked(torch.log(y_hat), y)
