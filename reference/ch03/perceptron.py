"""Perceptron: oracle and known mistakes.

A wrong prediction shows in update as well where that asks predict, and update may make the same mistake
on its own: a mistake in the prediction is tried in both functions and in each of them alone.
"""

import functools

import torch
import torch.nn.functional as F

from dlex.grading import mistake

FUNCTIONS = ("predict", "update")


def predict(X, w, b):
    scores = F.linear(X, w[None], b.reshape(1))[:, 0]
    return torch.heaviside(scores, torch.ones_like(scores)).long()


def update(w, b, x, y, lr=1.0):
    """A step against the gradient of (prediction - y) * score, by autograd."""
    old_w, old_b = (old.detach().clone().requires_grad_() for old in (w, b))
    with torch.enable_grad():
        score = F.linear(x.detach(), old_w[None], old_b.reshape(1))[0]
        loss = (predict(x[None], w, b)[0] - y) * score
    step_w, step_b = torch.autograd.grad(loss, (old_w, old_b))
    return (old_w - lr * step_w).detach(), (old_b - lr * step_b).detach()


def _learning_from(predict):
    """The update that asks `predict`."""

    def update(w, b, x, y, lr=1.0):
        error = y - predict(x[None], w, b)[0]
        return w + lr * error * x, b + lr * error

    return update


EVERYWHERE = ("both", "predict", "update")


def prediction_mistake(explanation, *, reach=EVERYWHERE, **constants):
    """A mistake in the prediction: a function of X, w and b."""

    def register(wrong_prediction):
        @mistake(explanation, of=FUNCTIONS, reach=reach, **constants)
        @functools.wraps(wrong_prediction)
        def wrong(reach, **chosen):
            wrongly = functools.partial(wrong_prediction, **chosen)
            return (
                predict if reach == "update" else wrongly,
                update if reach == "predict" else _learning_from(wrongly),
            )

        return wrong

    return register


@prediction_mistake(
    "a score of exactly 0 belongs to class 1: look at the border between the classes",
    hint="Follow the example [1.0] with w = [1.0] and b = -1.0 through your code: what is its score, and which class does it get?",
)
def strict(X, w, b):
    return (X @ w + b > 0).long()


@prediction_mistake(
    "returns the scores: the prediction is the class, 0 or 1, that a score stands for",
    hint="In the statement's example the scores are -1, 0 and 2, and the classes 0, 1 and 1. Which question with the answers yes and no turns the one into the other?",
    reach=("both", "predict"),
)
def returns_scores(X, w, b):
    return X @ w + b


@prediction_mistake(
    "returns True and False: the classes are asked for as the integers 0 and 1",
    hint="Print the dtype of your result. Which one does the statement name, and which method of a tensor leads there?",
    reach=("both", "predict"),
)
def returns_booleans(X, w, b):
    return X @ w + b >= 0


@prediction_mistake(
    "the classes are right but not int64: they are labels, like those in y",
    hint="Print the dtype of your result beside that of torch.tensor([0, 1]). Which of your lines chose it?",
    reach=("predict",),
    dtype=("that of X", torch.float32, torch.int32, torch.int8, torch.uint8),
)
def not_int64(X, w, b, dtype):
    return (X @ w + b >= 0).to(X.dtype if dtype == "that of X" else dtype)


@prediction_mistake(
    "calls the classes -1 and 1: here they are 0 and 1",
    hint="Take an example with the score -3 and the class y = 0. Which class do you predict for it, and what is y minus that?",
    dtype=("that of X", torch.int64),
    at_zero=(0, 1),
)
def minus_one_and_one(X, w, b, dtype, at_zero):
    scores = X @ w + b
    signs = torch.where(scores == 0, torch.full_like(scores, at_zero), torch.sign(scores))
    return signs.to(X.dtype if dtype == "that of X" else dtype)


@prediction_mistake(
    "leaves the bias out of the score",
    hint="Take x = [0, 0] and b = -1. What is the score by the statement's formula, and what is it in your code?",
)
def no_bias(X, w, b):
    return (X @ w >= 0).long()


@prediction_mistake(
    "subtracts the bias: it is added to the score",
    hint="Take x = [0, 0] and b = -1. What is the score by the statement's formula, and what is it in your code?",
)
def bias_subtracted(X, w, b):
    return (X @ w - b >= 0).long()


@prediction_mistake(
    "has the classes the wrong way round: a positive score means class 1",
    hint="Follow the example [1.0] with w = [5.0] and b = 0.0 through your code. Which class comes out, and which line decides that?",
    at_zero=(0, 1),
)
def classes_swapped(X, w, b, at_zero):
    scores = X @ w + b
    return (scores <= 0 if at_zero else scores < 0).long()


@prediction_mistake(
    "tiny scores lose their sign on the way, as in a sigmoid, which is exactly 0.5 for them: the sign of the score "
    "itself decides",
    hint="Which numbers does your code compare for the scores 0.0, 1e-20 and -1e-20? Print them: do the three still differ?",
    class_of_half=(0, 1),
)
def through_sigmoid(X, w, b, class_of_half):
    chances = torch.sigmoid(X @ w + b)
    return (chances >= 0.5 if class_of_half else chances > 0.5).long()


@prediction_mistake(
    "takes scores near 0 for 0: the sign decides, however small the score is",
    hint="Try the scores -0.01, -0.001, -0.0001 and so on: from which one on do you say class 1? What in your code decides that?",
    eps=(1e-6, 1e-4),
)
def tolerant(X, w, b, eps):
    return (X @ w + b >= -eps).long()


@prediction_mistake(
    "the result is a column, shape (n, 1): one number for each example is asked for, shape (n,)",
    hint="Print the shape after each of your lines: where does the axis with a single entry come from?",
    reach=("predict",),
)
def column(X, w, b):
    return predict(X, w, b)[:, None]


@prediction_mistake(
    "adds up over the examples: a score is a sum over the features of one example",
    hint="Give it 3 examples with 2 features each. How many classes come out, and along which axis of X did you add up?",
    reach=("predict",),
)
def wrong_axis(X, w, b):
    return ((X * w).sum(dim=0) + b >= 0).long()


def update_mistake(explanation, **constants):
    """A mistake in update alone: a function of the error too, y minus the prediction."""

    def register(wrong_update):
        @mistake(explanation, of="update", **constants)
        @functools.wraps(wrong_update)
        def wrong(w, b, x, y, lr=1.0, **chosen):
            error = float(y - predict(x[None], w, b))
            return wrong_update(w, b, x, y, lr, error, **chosen)

        return wrong

    return register


@update_mistake(
    "moves away from the answer: where the class is 1 and the prediction 0, w has to move towards x",
    hint="Update w = [-1.0] and b = 0.0 on x = [1.0] with y = 1. What is the score of x before and after, and on which side of 0 should it be?",
)
def sign_flipped(w, b, x, y, lr, error):
    return w - lr * error * x, b - lr * error


@update_mistake(
    "learns from every example: where the prediction is right, w and b keep their values",
    hint="Update w = [1.0] and b = 0.0 on x = [1.0] with y = 1. Do the values change? Where should the prediction enter your step?",
    towards=("the side of y", "x where y is 1"),
)
def updates_when_right(w, b, x, y, lr, error, towards):
    error = 2 * int(y) - 1 if towards == "the side of y" else int(y)
    return w + lr * error * x, b + lr * error


@update_mistake(
    "learns only where the class is 1: a prediction of 1 where the class is 0 is an error, too",
    hint="Go through the four pairs of class and prediction, (0, 0), (0, 1), (1, 0) and (1, 1). In which of them does your code move w, and in which should it?",
)
def never_unlearns(w, b, x, y, lr, error):
    error = max(error, 0.0)
    return w + lr * error * x, b + lr * error


@update_mistake(
    "learns only where the class is 0: a prediction of 0 where the class is 1 is an error, too",
    hint="Go through the four pairs of class and prediction, (0, 0), (0, 1), (1, 0) and (1, 1). In which of them does your code move w, and in which should it?",
)
def only_unlearns(w, b, x, y, lr, error):
    error = min(error, 0.0)
    return w + lr * error * x, b + lr * error


@update_mistake(
    "never changes the bias: it learns like a weight whose feature is always 1",
    hint="Update w = [0.0] and b = 1.0 on x = [0.0] with y = 0, again and again. Does the prediction ever become right?",
)
def bias_never_updated(w, b, x, y, lr, error):
    return w + lr * error * x, b


@update_mistake(
    "never changes the weights: both w and b learn from an error",
    hint="Let w stay [0.0]. Can any b tell x = [1.0], of class 1, from x = [-1.0], of class 0?",
)
def weights_never_updated(w, b, x, y, lr, error):
    return w, b + lr * error


@update_mistake(
    "moves the bias the wrong way: its step has the sign of the error, y minus the prediction",
    hint="Update w = [0.0] and b = 0.5 on x = [0.0] with y = 0. What is the score before and after, and on which side of 0 should it be?",
)
def bias_sign_flipped(w, b, x, y, lr, error):
    return w + lr * error * x, b - lr * error


@update_mistake(
    "the step is not scaled by lr",
    hint="Repeat the statement's example with lr=0.5. How far do w and b move, and how far did each of them move with lr=1?",
    left_out=("both", "w", "b"),
)
def ignores_lr(w, b, x, y, lr, error, left_out):
    rate_of_w = lr if left_out == "b" else 1.0
    rate_of_b = lr if left_out == "w" else 1.0
    return w + rate_of_w * error * x, b + rate_of_b * error


@update_mistake(
    "leaves x out of the step: each weight moves by its own feature",
    hint="In the example x = [3.0, 0.0], which of the two weights had a part in the error? How far does each of them move in your code?",
)
def step_without_x(w, b, x, y, lr, error):
    return w + lr * error, b + lr * error


@update_mistake(
    "learns from the distance between y and the score: the error is y minus the prediction, which is 1, 0 or -1",
    hint="Update w = [1.0] and b = 0.0 on x = [5.0] with y = 1. Is the prediction right, and what do you subtract from y?",
)
def learns_from_scores(w, b, x, y, lr, error):
    error = y - (x @ w + b)
    return w + lr * error * x, b + lr * error


@update_mistake(
    "learns whenever the score is exactly 0: that is a prediction of 1, and may be right",
    hint="Update w = [1.0] and b = -1.0 on x = [1.0], once with y = 1 and once with y = 0. In which of the two should anything change?",
)
def learns_at_zero(w, b, x, y, lr, error):
    if (x @ w + b == 0).all():
        error = 2 * int(y) - 1
    return w + lr * error * x, b + lr * error


@update_mistake(
    "predicts again before it changes the bias: w and b learn from one and the same error",
    hint="Update w = [-2.0] and b = 0.0 on x = [2.0] with y = 1, by hand. What does your code predict before it changes w, and what before it changes b?",
)
def bias_after_weights(w, b, x, y, lr, error):
    w = w + lr * error * x
    return w, b + lr * float(y - predict(x[None], w, b))


@update_mistake(
    "returns the bias in another shape than it came: () stays (), (1,) stays (1,)",
    hint="Call it with b = torch.tensor(1.0) and with b = torch.tensor([1.0]), and print the shape of the new b. Which of your lines sets it?",
    shape=((), (1,)),
)
def bias_reshaped(w, b, x, y, lr, error, shape):
    return w + lr * error * x, (b + lr * error).reshape(shape)


@update_mistake(
    "returns b and w: the weights come first",
    hint="A caller writes `w, b = update(w, b, x, y)` for an x with 3 features. Which shapes do w and b have after your function?",
)
def swapped(w, b, x, y, lr, error):
    return b + lr * error, w + lr * error * x


@update_mistake(
    "changes w and b themselves: build new tensors for the new values",
    hint="Print w and b before and after a call that has something to learn. Which line writes to them: with +=, with a method like add_, or by an assignment to a part of them?",
    loses=("update[arguments]", "update[requires_grad]"),
    which=("w", "b", "w and b"),
)
def in_place(w, b, x, y, lr, error, which):
    if "w" in which:
        w += lr * error * x
    else:
        w = w + lr * error * x
    if "b" in which:
        b += lr * error
    else:
        b = b + lr * error
    return w, b


@update_mistake(
    "changes x itself: build a new tensor for the step",
    hint="Print x before and after a call that has something to learn. Which line writes to it: with *=, with a method like mul_, or by an assignment to a part of it?",
    loses=("update[arguments]", "update[requires_grad]"),
)
def x_in_place(w, b, x, y, lr, error):
    x *= lr * error
    return w + x, b + lr * error


@update_mistake(
    "changes y itself, where it is a tensor: give the error a name of its own",
    hint="Let y = torch.tensor(1), call it with an example that is predicted wrong, and print y afterwards. Which line writes to it: with -=, or with a method like sub_?",
    loses=("labels_in_tensors",),
)
def y_in_place(w, b, x, y, lr, error):
    y -= int(y - error)
    return w + lr * y * x, b + lr * y


@update_mistake(
    "changes w and b themselves: build new tensors for the new values",
    hint="Print w and b before and after a call that has something to learn. Which line writes to them: with +=, with a method like add_, or by an assignment to a part of them?",
    loses=("update[arguments]",),
    which=("w", "b", "w and b"),
)
def data_in_place(w, b, x, y, lr, error, which):
    new_w, new_b = w + lr * error * x, b + lr * error
    if "w" in which:
        new_w = w.data.copy_(new_w)
    if "b" in which:
        new_b = b.data.copy_(new_b)
    return new_w, new_b
