"""Softmax: oracle and known mistakes."""

import torch

from dlex.grading import mistake


def softmax(X):
    return torch.softmax(X, dim=1)


def _exp(X, minus):
    """exp(X), after one of the shifts that learners use."""
    shifts = {
        "nothing": 0.0,
        "row maximum": X.max(dim=1, keepdim=True).values,
        "column maximum": X.max(dim=0, keepdim=True).values,
        "maximum": X.max(),
    }
    return torch.exp(X - shifts[minus])


SHIFTS = ("row maximum", "column maximum", "maximum", "nothing")


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
    "exp() overflows for large scores, and inf / inf is nan. Which constant can be subtracted from a row "
    "without changing its probabilities?",
    loses=("large_scores", "rows_far_apart"),
)
def no_max_shift(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "subtracts the maximum of the whole matrix: a row far below it underflows to 0 / 0. Each row needs "
    "its own maximum.",
    loses=("large_scores", "rows_far_apart"),
)
def global_max_shift(X):
    X_exp = torch.exp(X - X.max())
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "subtracts another number than the largest score of the row: of large scores, some still overflow, or "
    "all underflow to 0 / 0",
    shift=("mean", "smallest", "largest size", "first", "largest or 0"),
)
def wrong_shift(X, shift):
    shifts = {
        "mean": X.mean(dim=1, keepdim=True),
        "smallest": X.min(dim=1, keepdim=True).values,
        "largest size": X.abs().max(dim=1, keepdim=True).values,
        "first": X[:, :1],
        "largest or 0": X.max(dim=1, keepdim=True).values.clamp(min=0),
    }
    X_exp = torch.exp(X - shifts[shift])
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake("normalises the columns: each row is one example, so each row has to add up to 1", minus=SHIFTS)
def wrong_axis(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum(dim=0, keepdim=True)


@mistake("divides by the sum of the whole matrix: each row has to add up to 1 on its own", minus=SHIFTS)
def whole_matrix(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum()


@mistake("divides the scores themselves by their sum: the exponential is missing")
def no_exp(X):
    return X / X.sum(dim=1, keepdim=True)


@mistake(
    "the row sums have lost a dimension, so the division lines up with columns (or not at all): see keepdim",
    minus=SHIFTS,
)
def keepdim_missing(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum(dim=1)


@mistake("returns logarithms: probabilities are between 0 and 1")
def log_probabilities(X):
    return torch.log_softmax(X, dim=1)
