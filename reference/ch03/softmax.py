"""Softmax: oracle and known mistakes."""

import torch

from dlex.grading import mistake


def softmax(X):
    return torch.softmax(X, dim=1)


@mistake(
    "changes X itself: build new tensors instead of writing into the argument",
    loses=("contract[arguments]", "contract[gradients]"),
)
def in_place(X):
    X -= X.max(dim=1, keepdim=True).values
    X.exp_()
    X /= X.sum(dim=1, keepdim=True)
    return X


@mistake(
    "exp() overflows for large scores: inf / inf is nan. Which constant can be subtracted from a row without changing its probabilities?"
)
def no_max_shift(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "subtracts the maximum of the whole matrix: a row far below it underflows to 0 / 0. Each row needs its own maximum."
)
def global_max_shift(X):
    X_exp = torch.exp(X - X.max())
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake("normalises the columns: each row is one example, so each row has to add up to 1")
def wrong_axis(X):
    return torch.softmax(X, dim=0)


@mistake("divides by the sum of the whole matrix: each row has to add up to 1 on its own")
def whole_matrix(X):
    return torch.softmax(X.flatten(), dim=0).reshape(X.shape)


@mistake("divides the scores themselves by their sum: the exponential is missing")
def no_exp(X):
    return X / X.sum(dim=1, keepdim=True)


@mistake(
    "the row sums have lost a dimension, so the division lines up with columns (or not at all): see keepdim"
)
def keepdim_missing(X):
    X_exp = torch.exp(X - X.max(dim=1, keepdim=True).values)
    return X_exp / X_exp.sum(dim=1)


@mistake("returns logarithms: probabilities are between 0 and 1")
def log_probabilities(X):
    return torch.log_softmax(X, dim=1)
