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
    "returns how many predictions are right: their share is asked for, so divide by n",
    hint="3 of 4 right, or 300 of 400 right: should the two give different numbers, and which numbers does your code return?",
    whole=(True, False),
)
def count(y_hat, y, whole):
    _not_empty(y)
    right = _right(y_hat, y).sum().item()
    return right if whole else float(right)


@mistake(
    "returns a percentage: the share is a number from 0 to 1",
    hint="What do you return when every prediction is right, and what is the largest number that the statement allows?",
)
def percent(y_hat, y):
    return 100 * accuracy(y_hat, y)


@mistake(
    "returns the share of wrong predictions",
    hint="What does your code return if y_hat and y are the same classes? Which examples does your comparison count?",
)
def error_rate(y_hat, y):
    return 1 - accuracy(y_hat, y)


@mistake(
    "rounds the share: return it as it is",
    hint="Compute 1 / 3 in Python, then your accuracy for 1 right prediction of 3. Which digits are missing, and which line loses them?",
    digits=(1, 2, 3, 4),
)
def rounded(y_hat, y, digits):
    return round(accuracy(y_hat, y), digits)


@mistake(
    "divides without a remainder: // leaves 0 or 1 of the share",
    hint="What does your code return for 1 right prediction of 2, and for 2 of 2? Which of your lines makes 0 of one half?",
    whole=(True, False),
)
def integer_division(y_hat, y, whole):
    share = int(accuracy(y_hat, y) + 1e-9)
    return share if whole else float(share)


@mistake(
    "divides by the number of scores: the share is taken of the n examples",
    hint="Take y_hat of shape (2, 3) and two right predictions. How many examples are these, and by which number do you divide?",
)
def divides_by_scores(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).sum().item() / y_hat.numel()


@mistake(
    "divides by the number of classes: the share is taken of the n examples",
    hint="Take y_hat of shape (2, 3) and two right predictions. How many examples are these, and by which number do you divide?",
)
def divides_by_classes(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).sum().item() / y_hat.shape[-1]


@mistake(
    "returns a tensor: a Python float is asked for",
    hint="Print type() of your result. Which method of a 0-d tensor hands out the number inside?",
)
def tensor_result(y_hat, y):
    _not_empty(y)
    return _right(y_hat, y).float().mean()


@predicts(
    "takes the largest score of each column: each row is one example, so the largest score of each row counts",
    hint="Print your predictions for y_hat of shape (2, 3). How many are there, how many should there be, and along which axis did you look for the largest?",
)
def wrong_axis(y_hat):
    return y_hat.argmax(dim=0)


@predicts(
    "takes the largest score of the whole matrix: each row has a prediction of its own",
    hint="Print your prediction for y_hat of shape (2, 3). How many numbers is it, and how many labels does y hold?",
)
def whole_matrix(y_hat):
    return y_hat.argmax()


@predicts(
    "compares the largest score itself with the label: the prediction is the column where it stands",
    hint="For the row [0.1, 0.3, 0.6], print what you compare with y. Which number should it be, if the classes are counted from 0?",
)
def score_for_class(y_hat):
    return y_hat.amax(dim=1)


@predicts(
    "takes the class with the smallest score",
    hint="Which class should the row [0.1, 0.3, 0.6] predict, and which one does yours? Look at the function or the comparison that chooses it.",
)
def smallest(y_hat):
    return y_hat.argmin(dim=1)


@predicts(
    "takes the last of several largest scores: the first one is the prediction",
    hint="Which class should the row [1, 2, 2] predict, and which one does yours? What does your code do with a score that equals the best so far?",
)
def last_of_ties(y_hat):
    return y_hat.shape[1] - 1 - y_hat.flip(1).argmax(dim=1)


@mistake(
    "counts an example as right if the score of its true class is among the largest: the prediction is the "
    "first of them alone",
    hint="Try the row [1, 2, 2] with y = [1], then with y = [2]. Is it right both times with your code, and how many classes can one row predict?",
)
def any_of_ties(y_hat, y):
    _not_empty(y)
    if y_hat.dim() == 1:
        return accuracy(y_hat, y)
    true_scores = y_hat.gather(1, y[:, None]).squeeze(1)
    return (true_scores == y_hat.amax(dim=1)).double().mean().item()


@predicts(
    "looks for a score above 0: where all scores of a row are negative, the largest is still the prediction",
    hint="Follow the row [-3, -1, -2] through your code. Which class should win, and where is a score compared with 0?",
)
def starts_at_zero(y_hat):
    return torch.where((y_hat > 0).any(dim=1), y_hat.argmax(dim=1), 0)


@predicts(
    "compares a column with a row, and so every prediction with every label: see the shapes on both sides of ==",
    hint="For three examples, print the shapes of your predictions, of y, and of what == makes of them. How many comparisons are these, and how many should there be?",
)
def predictions_in_a_column(y_hat):
    return y_hat.argmax(dim=1, keepdim=True)


@predicts(
    "takes the scores of a single class for predicted classes: with shape (n, 1), y_hat still holds scores",
    hint="Try y_hat = [[2.0], [3.0]] with y = [0, 0]: what should come out? How does your code tell scores from classes?",
    flat=(True, False),
)
def one_class_for_labels(y_hat, flat):
    if y_hat.shape[1] > 1:
        return y_hat.argmax(dim=1)
    return y_hat.long().flatten() if flat else y_hat.long()


@mistake(
    "large classes do not come out right: two that are equal have to count, and two that differ must not, whatever "
    "their numbers are",
    hint="Try y_hat = y = torch.tensor([1000]), then y_hat = [256] with y = [0]. How do you compare: with `is` instead of ==, or as numbers of a smaller dtype?",
    loses=("predicted_classes",),
    equal=(
        lambda one, other: torch.tensor([a.item() is b.item() for a, b in zip(one, other, strict=True)]),
        lambda one, other: one.to(torch.uint8) == other.to(torch.uint8),
    ),
)
def small_classes_only(y_hat, y, equal):
    _not_empty(y)
    return equal(_predicted(y_hat), y).double().mean().item()


@mistake(
    "expects scores only: y_hat may hold the predicted classes, with shape (n,)",
    hint="Call it with y_hat = y = torch.tensor([2, 0, 1]). What should come out, and what does the line that looks for the largest score do with this y_hat?",
    loses=("worked_example", "predicted_classes"),
    dim=(1, -1),
)
def scores_only(y_hat, y, dim):
    _not_empty(y)
    return (y_hat.argmax(dim=dim) == y).sum().item() / len(y)


@mistake(
    "without any example there is no accuracy: raise a ValueError for n = 0",
    hint="Call it with y_hat of shape (0, 3) and an empty y. What happens, and before which of your lines would you have to ask how many examples there are?",
    loses=("no_examples",),
    answer=(0.0, 1.0, float("nan"), None, "ZeroDivisionError"),
)
def accepts_no_examples(y_hat, y, answer):
    if len(y):
        return accuracy(y_hat, y)
    return 0 / len(y) if answer == "ZeroDivisionError" else answer
