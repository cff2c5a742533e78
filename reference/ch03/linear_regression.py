"""Linear regression: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def linreg(X, w, b):
    return torch.addmm(b, X, w)


def squared_loss(y_hat, y):
    return 0.5 * F.mse_loss(y_hat, y.view_as(y_hat), reduction="none")


def sgd(params, grads, lr, batch_size):
    return [torch.add(param, grad, alpha=-lr / batch_size) for param, grad in zip(params, grads, strict=True)]


@mistake("leaves the bias out", of="linreg")
def no_bias(X, w, b):
    return X @ w


@mistake("subtracts the bias: it is added", of="linreg")
def bias_subtracted(X, w, b):
    return X @ w - b


@mistake("the result has shape (n,): a column, shape (n, 1), is asked for", of="linreg")
def flat_predictions(X, w, b):
    return (X @ w + b)[:, 0]


@mistake(
    "multiplies entry by entry: a prediction is the sum of the products of one row of X with w", of="linreg"
)
def entry_by_entry(X, w, b):
    return X * w + b


@mistake(
    "multiplies the features by their weights without adding up: one number for each example is asked for",
    of="linreg",
)
def not_summed(X, w, b):
    return X * w.T + b


@mistake("adds up over the examples: a prediction is a sum over the features of one example", of="linreg")
def sums_examples(X, w, b):
    return (X * w.T).sum(dim=0)[:, None] + b


@mistake("adds up everything: one number for each example is asked for", of="linreg")
def sums_everything(X, w, b):
    return (X * w.T).sum() + b


@mistake("transposes w: its shape (d, 1) is the one that the product with X needs", of="linreg")
def w_transposed(X, w, b):
    return X @ w.T + b


@mistake("adds the bias once for each feature: it is added once", of="linreg")
def bias_per_feature(X, w, b):
    return ((X * w.T) + b).sum(dim=1, keepdim=True)


@mistake(
    "cuts the result off from w and b: nothing can be learnt so",
    of="linreg",
    loses=("linreg[gradients]", "training"),
)
def cut_off(X, w, b):
    return X @ w.detach() + b.detach()


@mistake("the factor ½ is missing", of="squared_loss")
def no_half(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2


@mistake(
    "an (n, 1) and an (n,) tensor are broadcast to (n, n), every prediction minus every target: give y the "
    "shape of y_hat first",
    of="squared_loss",
)
def broadcasts(y_hat, y):
    return (y_hat - y) ** 2 / 2


@mistake(
    "an (n, 1) and an (n,) tensor are broadcast to (n, n), and the factor ½ is missing, too",
    of="squared_loss",
)
def broadcasts_without_half(y_hat, y):
    return (y_hat - y) ** 2


@mistake(
    "always makes columns: the result has the shape of y_hat, which may be (n,)",
    of="squared_loss",
    loses=("flat_predictions",),
    column=("y", "both"),
)
def always_columns(y_hat, y, column):
    if column == "both":
        y_hat = y_hat.reshape(-1, 1)
    return (y_hat - y.reshape(-1, 1)) ** 2 / 2


@mistake("the result has shape (n,): it should have the shape of y_hat", of="squared_loss")
def always_flat(y_hat, y):
    return (y_hat.reshape(-1) - y.reshape(-1)) ** 2 / 2


@mistake("the result has the shape of y: it should have the shape of y_hat", of="squared_loss")
def shape_of_y(y_hat, y):
    return (y_hat.reshape(y.shape) - y) ** 2 / 2


@mistake(
    "returns the mean of the losses: one loss per example is asked for", of="squared_loss", half=(0.5, 1.0)
)
def mean_loss(y_hat, y, half):
    return half * ((y_hat - y.reshape(y_hat.shape)) ** 2).mean()


@mistake(
    "returns the sum of the losses: one loss per example is asked for", of="squared_loss", half=(0.5, 1.0)
)
def summed_loss(y_hat, y, half):
    return half * ((y_hat - y.reshape(y_hat.shape)) ** 2).sum()


@mistake(
    "divides each loss by the number of examples: sgd divides by the batch size, the loss itself does not",
    of="squared_loss",
)
def divided_by_n(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / (2 * len(y_hat))


@mistake("takes the absolute error: the error is squared", of="squared_loss", half=(0.5, 1.0))
def absolute(y_hat, y, half):
    return half * (y_hat - y.reshape(y_hat.shape)).abs()


@mistake("does not square the error", of="squared_loss", half=(0.5, 1.0))
def not_squared(y_hat, y, half):
    return half * (y_hat - y.reshape(y_hat.shape))


@mistake("squares the half as well: the error is squared first, then halved", of="squared_loss")
def half_squared(y_hat, y):
    return (0.5 * (y_hat - y.reshape(y_hat.shape))) ** 2


@mistake("takes the difference of the squares: the loss is the square of the difference", of="squared_loss")
def difference_of_squares(y_hat, y):
    return (y_hat**2 - y.reshape(y_hat.shape) ** 2) / 2


@mistake(
    "expands the square: where prediction and target are large and close together, its terms cancel and leave "
    "rounding errors",
    of="squared_loss",
    loses=("close_and_large",),
)
def expanded(y_hat, y):
    y = y.reshape(y_hat.shape)
    return y_hat**2 / 2 - y_hat * y + y**2 / 2


@mistake("goes up: a step goes against the gradient", of="sgd")
def ascends(params, grads, lr, batch_size):
    return [p + lr * g / batch_size for p, g in zip(params, grads, strict=True)]


@mistake("does not divide by batch_size: the gradients are sums over the minibatch", of="sgd")
def not_divided(params, grads, lr, batch_size):
    return [p - lr * g for p, g in zip(params, grads, strict=True)]


@mistake("multiplies by batch_size: a sum over the minibatch becomes a mean by division", of="sgd")
def multiplied(params, grads, lr, batch_size):
    return [p - lr * g * batch_size for p, g in zip(params, grads, strict=True)]


@mistake("takes the mean over a gradient's entries: each entry moves its own parameter", of="sgd")
def mean_gradient(params, grads, lr, batch_size):
    return [p - lr * g.mean() / batch_size for p, g in zip(params, grads, strict=True)]


@mistake("leaves lr out", of="sgd")
def no_lr(params, grads, lr, batch_size):
    return [p - g / batch_size for p, g in zip(params, grads, strict=True)]


@mistake("divides by lr: the learning rate scales the step", of="sgd")
def divided_by_lr(params, grads, lr, batch_size):
    return [p - g / (lr * batch_size) for p, g in zip(params, grads, strict=True)]


@mistake("returns the steps alone: they are taken from the parameters", of="sgd", sign=(1, -1))
def steps_alone(params, grads, lr, batch_size, sign):
    return [sign * lr * g / batch_size for g in grads]


@mistake("returns inside of the loop: only the first parameter has learnt", of="sgd")
def only_the_first(params, grads, lr, batch_size):
    for p, g in zip(params, grads, strict=True):
        return [p - lr * g / batch_size]


@mistake("looks for the gradients in .grad of the parameters: they are in the list grads", of="sgd")
def reads_grad(params, grads, lr, batch_size):
    return [p - lr * p.grad / batch_size for p in params]


@mistake(
    "unpacks two parameters: there may be any number of them",
    of="sgd",
    loses=("worked_step", "any_parameters"),
)
def exactly_two(params, grads, lr, batch_size):
    w, b = params
    dw, db = grads
    return [w - lr * dw / batch_size, b - lr * db / batch_size]


def _in_place(params, grads, lr, batch_size):
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            p -= lr * g / batch_size
    return params


@mistake(
    "changes the parameters themselves: here the new ones are new tensors, unlike in the book",
    of="sgd",
    loses=("sgd[arguments]",),
)
def in_place(params, grads, lr, batch_size):
    return _in_place(params, grads, lr, batch_size)


@mistake(
    "changes the parameters themselves and returns nothing, as the book does: here the new ones are new tensors, "
    "returned in a list",
    of="sgd",
)
def in_place_and_no_result(params, grads, lr, batch_size):
    _in_place(params, grads, lr, batch_size)


@mistake(
    "divides the gradients in place: arguments stay as they are",
    of="sgd",
    loses=("sgd[arguments]", "sgd[requires_grad]"),
)
def grads_in_place(params, grads, lr, batch_size):
    for g in grads:
        g /= batch_size
    return [p - lr * g for p, g in zip(params, grads, strict=True)]
