"""Accuracy: oracle and known mistakes."""

import functools

import torch

from dlex.grading import mistake


def accuracy(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).double().mean().item()


def _not_empty(y):
    if not y.numel():
        raise ValueError("y is empty")


def _right(y_hat, y):
    return _predicted(y_hat) == y


def _predicted(y_hat):
    if y_hat.dim() == 1:
        return y_hat
    return torch.sort(y_hat, dim=1, descending=True, stable=True).indices[:, 0]


def predicts(explanation, **constants):
    """A mistake on the way from scores to predictions: a function of the scores."""

    def register(wrong):
        @mistake(explanation, **constants)
        @functools.wraps(wrong)
        def wrong_accuracy(y_hat, y, **chosen):
            _not_empty(y)
            predicted = wrong(y_hat, **chosen) if y_hat.dim() == 2 else y_hat
            return float((predicted == y).sum()) / len(y)

        return wrong_accuracy

    return register


@mistake(
    "returns how many predictions are right: their share is asked for, so divide by n", whole=(True, False)
)
def count(y_hat, y, whole):
    _not_empty(y)
    right = _right(y_hat, y).sum().item()
    return right if whole else float(right)


@mistake("returns a percentage: the share is a number from 0 to 1")
def percent(y_hat, y):
    return 100 * accuracy(y_hat, y)


@mistake("returns the share of wrong predictions")
def error_rate(y_hat, y):
    return 1 - accuracy(y_hat, y)


@mistake("rounds the share: return it as it is", digits=(1, 2, 3, 4))
def rounded(y_hat, y, digits):
    return round(accuracy(y_hat, y), digits)


@mistake("divides without a remainder: // leaves 0 or 1 of the share", whole=(True, False))
def integer_division(y_hat, y, whole):
    share = int(accuracy(y_hat, y) + 1e-9)
    return share if whole else float(share)


@mistake("divides by the number of scores: the share is taken of the n examples")
def divides_by_scores(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).sum().item() / y_hat.numel()


@mistake("divides by the number of classes: the share is taken of the n examples")
def divides_by_classes(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).sum().item() / y_hat.shape[-1]


@mistake("returns a tensor: a Python float is asked for")
def tensor_result(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).float().mean()


@predicts(
    "takes the largest score of each column: each row is one example, so the largest score of each row counts"
)
def wrong_axis(y_hat):
    return y_hat.argmax(dim=0)


@predicts("takes the largest score of the whole matrix: each row has a prediction of its own")
def whole_matrix(y_hat):
    return y_hat.argmax()


@predicts("compares the largest score itself with the label: the prediction is the column where it stands")
def score_for_class(y_hat):
    return y_hat.amax(dim=1)


@predicts("takes the class with the smallest score")
def smallest(y_hat):
    return y_hat.argmin(dim=1)


@predicts("takes the last of several largest scores: the first one is the prediction")
def last_of_ties(y_hat):
    return y_hat.shape[1] - 1 - y_hat.flip(1).argmax(dim=1)


@mistake(
    "counts an example as right if the score of its true class is among the largest: the prediction is the "
    "first of them alone"
)
def any_of_ties(y_hat, y):
    _not_empty(y)
    if y_hat.dim() == 1:
        return accuracy(y_hat, y)
    true_scores = y_hat.gather(1, y[:, None]).squeeze(1)
    return (true_scores == y_hat.amax(dim=1)).double().mean().item()


@predicts(
    "looks for a score above 0: where all scores of a row are negative, the largest is still the prediction"
)
def starts_at_zero(y_hat):
    return torch.where((y_hat > 0).any(dim=1), y_hat.argmax(dim=1), 0)


@predicts(
    "compares a column with a row, and so every prediction with every label: see the shapes on both sides of =="
)
def predictions_in_a_column(y_hat):
    return y_hat.argmax(dim=1, keepdim=True)


@predicts(
    "takes the scores of a single class for predicted classes: with shape (n, 1), y_hat still holds scores",
    flat=(True, False),
)
def one_class_for_labels(y_hat, flat):
    if y_hat.shape[1] > 1:
        return y_hat.argmax(dim=1)
    return y_hat.long().flatten() if flat else y_hat.long()


@mistake(
    "expects scores only: y_hat may hold the predicted classes, with shape (n,)",
    loses=("worked_example", "predicted_classes"),
    dim=(1, -1),
)
def scores_only(y_hat, y, dim):
    _not_empty(y)
    return (y_hat.argmax(dim=dim) == y).sum().item() / len(y)


@mistake(
    "without any example there is no accuracy: raise a ValueError for n = 0",
    loses=("no_examples",),
    answer=(0.0, 1.0, float("nan"), None, "ZeroDivisionError"),
)
def accepts_no_examples(y_hat, y, answer):
    if len(y):
        return accuracy(y_hat, y)
    return 0 / len(y) if answer == "ZeroDivisionError" else answer
