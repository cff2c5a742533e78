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
    hint="Which of your lines call something whose name ends in an underscore (exp_), use an operator like -= or assign to a part of a tensor? Is it X that they write to?",
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
    hint="Follow the row [1000, 1000] through your code by hand: what comes out of exp, and what out of the division? Then do the same with [0, 0]: should the two differ?",
    loses=("large_scores", "rows_far_apart"),
)
def no_max_shift(X):
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "subtracts the maximum of the whole matrix: a row far below it underflows to 0 / 0. Each row needs "
    "its own maximum.",
    hint="Take a matrix with the rows [0, 0] and [1000, 1000]. What is subtracted from the first row, and what does exp make of it?",
    loses=("large_scores", "rows_far_apart"),
)
def global_max_shift(X):
    X_exp = torch.exp(X - X.max())
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "subtracts another number than the largest score of the row: of large scores, some still overflow, or "
    "all underflow to 0 / 0",
    hint="What is the largest number of a row that your exp ever sees? Try the rows [-1000, -2000] and [0, 1000].",
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


@mistake(
    "subtracts different numbers from the scores of one row: that changes its probabilities, only the same "
    "number for the whole row does not",
    hint="Print the shape of your maxima, and which number is subtracted from each entry of X. How many different ones meet in a row?",
    maxima=("of columns", "of rows, without keepdim"),
)
def shift_within_row(X, maxima):
    m = X.max(dim=0).values if maxima == "of columns" else X.max(dim=1).values
    X_exp = torch.exp(X - m)
    return X_exp / X_exp.sum(dim=1, keepdim=True)


@mistake(
    "adds a small number to the sum of a row: then the row does not add up to 1, and a row whose exponentials "
    "are all 0 gives zeros",
    hint="Which row would make you divide by zero? What is the largest exponential of a row whose maximum was subtracted?",
    eps=(1e-6, 1e-7, 1e-8, 1e-9),
    minus=("nothing", "row maximum", "maximum"),
)
def adds_epsilon(X, eps, minus):
    X_exp = _exp(X, minus)
    return X_exp / (X_exp.sum(dim=1, keepdim=True) + eps)


@mistake(
    "normalises the columns: each row is one example, so each row has to add up to 1",
    hint="Print the sums of your result along dim=0 and along dim=1. Which of the two is all ones?",
    minus=SHIFTS,
)
def wrong_axis(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum(dim=0, keepdim=True)


@mistake(
    "divides by the sum of the whole matrix: each row has to add up to 1 on its own",
    hint="Give it two equal rows. What does each of them add up to in your result?",
    minus=SHIFTS,
)
def whole_matrix(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum()


@mistake(
    "divides the scores themselves by their sum: the exponential is missing",
    hint="Try a row with a negative score: can a probability be what comes out?",
)
def no_exp(X):
    return X / X.sum(dim=1, keepdim=True)


@mistake(
    "the row sums have lost a dimension, so the division lines up with columns (or not at all): see keepdim",
    hint="Print the shape of your sums. How do (n,) and (n, q) line up, and what if n and q happen to be equal?",
    minus=SHIFTS,
)
def keepdim_missing(X, minus):
    X_exp = _exp(X, minus)
    return X_exp / X_exp.sum(dim=1)


@mistake(
    "returns logarithms: probabilities are between 0 and 1",
    hint="What do the numbers of a row of your result add up to, and which of your lines makes them negative?",
)
def log_probabilities(X):
    return torch.log_softmax(X, dim=1)
