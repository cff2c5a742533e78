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


@mistake(
    "leaves the bias out",
    hint="Give it an X of zeros and b = [2.0]. What should every prediction be, and what is yours?",
    of="linreg",
)
def no_bias(X, w, b):
    return X @ w


@mistake(
    "subtracts the bias: it is added",
    hint="Give it an X of zeros and b = [2.0]. What should every prediction be, and what is yours?",
    of="linreg",
)
def bias_subtracted(X, w, b):
    return X @ w - b


@mistake(
    "the result has shape (n,): a column, shape (n, 1), is asked for",
    hint="Print the shape after each operation. Where does the result lose its second axis, and what would keep it?",
    of="linreg",
)
def flat_predictions(X, w, b):
    return (X @ w + b)[:, 0]


@mistake(
    "multiplies entry by entry: a prediction is the sum of the products of one row of X with w",
    hint="Write down the shapes (3, 2) of X and (2, 1) of w. What does your operator do with them, and which kind of product leads to (3, 1)?",
    of="linreg",
)
def entry_by_entry(X, w, b):
    return X * w + b


@mistake(
    "multiplies the features by their weights without adding up: one number for each example is asked for",
    hint="Print the shape of your products for an X of shape (3, 2). Along which axis do the numbers of one example lie?",
    of="linreg",
)
def not_summed(X, w, b):
    return X * w.T + b


@mistake(
    "adds up over the examples: a prediction is a sum over the features of one example",
    hint="How many predictions do you return for an X of shape (3, 2), and which of its two axes has your sum removed?",
    of="linreg",
)
def sums_examples(X, w, b):
    return (X * w.T).sum(dim=0)[:, None] + b


@mistake(
    "adds up everything: one number for each example is asked for",
    hint="Print the shape of your sum for an X of shape (3, 2). Which of the two axes should still be there?",
    of="linreg",
)
def sums_everything(X, w, b):
    return (X * w.T).sum() + b


@mistake(
    "transposes w: its shape (d, 1) is the one that the product with X needs",
    hint="Write down the two shapes of your product for an X of shape (3, 2). Which of the four numbers have to be equal?",
    of="linreg",
)
def w_transposed(X, w, b):
    return X @ w.T + b


@mistake(
    "adds the bias once for each feature: it is added once",
    hint="Give it 3 features, a w of zeros and b = [1.0]. What should every prediction be, and what is yours?",
    of="linreg",
)
def bias_per_feature(X, w, b):
    return ((X * w.T) + b).sum(dim=1, keepdim=True)


@mistake(
    "cuts the result off from w and b: nothing can be learnt so",
    hint="Call it with w and b that have requires_grad=True. Does the result have it, too? Look for detach, .data, no_grad and torch.tensor in your lines.",
    of="linreg",
    loses=("linreg[gradients]", "training"),
)
def cut_off(X, w, b):
    return X @ w.detach() + b.detach()


@mistake(
    "the factor ½ is missing",
    hint="What do you return for y_hat = [3.0] and y = [1.0], and what does the statement's formula say, worked out by hand?",
    of="squared_loss",
)
def no_half(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2


@mistake(
    "an (n, 1) and an (n,) tensor are broadcast to (n, n), every prediction minus every target: give y the "
    "shape of y_hat first",
    hint="Print y_hat - y for the statement's example. Which two of its four numbers compare an example with itself?",
    of="squared_loss",
)
def broadcasts(y_hat, y):
    return (y_hat - y) ** 2 / 2


@mistake(
    "an (n, 1) and an (n,) tensor are broadcast to (n, n), and the factor ½ is missing, too",
    hint="Print y_hat - y for the statement's example. Which two of its four numbers compare an example with itself, and what does the formula make of these two?",
    of="squared_loss",
)
def broadcasts_without_half(y_hat, y):
    return (y_hat - y) ** 2


@mistake(
    "always makes columns: the result has the shape of y_hat, which may be (n,)",
    hint="Call it with y_hat and y of shape (3,). Which shape comes out, and which of your lines takes a column for granted?",
    of="squared_loss",
    loses=("flat_predictions",),
    column=("y", "both"),
)
def always_columns(y_hat, y, column):
    if column == "both":
        y_hat = y_hat.reshape(-1, 1)
    return (y_hat - y.reshape(-1, 1)) ** 2 / 2


@mistake(
    "the result has shape (n,): it should have the shape of y_hat",
    hint="Call it with a y_hat of shape (3, 1), then with one of shape (3,). Which of your lines forgets the difference?",
    of="squared_loss",
)
def always_flat(y_hat, y):
    return (y_hat.reshape(-1) - y.reshape(-1)) ** 2 / 2


@mistake(
    "the result has the shape of y: it should have the shape of y_hat",
    hint="Call it with a y_hat of shape (3, 1) and a y of shape (3,). Which of the two changes its shape in your code, and which should?",
    of="squared_loss",
)
def shape_of_y(y_hat, y):
    return (y_hat.reshape(y.shape) - y) ** 2 / 2


@mistake(
    "returns the mean of the losses: one loss per example is asked for",
    hint="Print the shape of what you have after each line: where do n numbers become one?",
    of="squared_loss",
    half=(0.5, 1.0),
)
def mean_loss(y_hat, y, half):
    return half * ((y_hat - y.reshape(y_hat.shape)) ** 2).mean()


@mistake(
    "returns the sum of the losses: one loss per example is asked for",
    hint="Print the shape of what you have after each line: where do n numbers become one?",
    of="squared_loss",
    half=(0.5, 1.0),
)
def summed_loss(y_hat, y, half):
    return half * ((y_hat - y.reshape(y_hat.shape)) ** 2).sum()


@mistake(
    "divides each loss by the number of examples: sgd divides by the batch size, the loss itself does not",
    hint="Call it with y_hat = [3.0] and y = [1.0], then with [3.0, 3.0] and [1.0, 1.0]. Should an example's loss depend on its neighbours?",
    of="squared_loss",
)
def divided_by_n(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / (2 * len(y_hat))


@mistake(
    "takes the absolute error: the error is squared",
    hint="Let an error double, from 2 to 4. By which factor does the loss grow in the statement's formula, and by which in your code?",
    of="squared_loss",
    half=(0.5, 1.0),
)
def absolute(y_hat, y, half):
    return half * (y_hat - y.reshape(y_hat.shape)).abs()


@mistake(
    "does not square the error",
    hint="What do you return for y_hat = [1.0] and y = [3.0]? Can a loss be negative?",
    of="squared_loss",
    half=(0.5, 1.0),
)
def not_squared(y_hat, y, half):
    return half * (y_hat - y.reshape(y_hat.shape))


@mistake(
    "squares the half as well: the error is squared first, then halved",
    hint="For an error of 4, what is half of its square, and what is the square of its half? Which of the two do you return?",
    of="squared_loss",
)
def half_squared(y_hat, y):
    return (0.5 * (y_hat - y.reshape(y_hat.shape))) ** 2


@mistake(
    "takes the difference of the squares: the loss is the square of the difference",
    hint="Try y_hat = [1.0] and y = [-1.0]. How far apart are they, and what is your loss?",
    of="squared_loss",
)
def difference_of_squares(y_hat, y):
    return (y_hat**2 - y.reshape(y_hat.shape) ** 2) / 2


@mistake(
    "expands the square: where prediction and target are large and close together, its terms cancel and leave "
    "rounding errors",
    hint="Print each of your terms for y_hat = [1000000.5] and y = [1000000.0]. How large are they beside the loss, 0.125?",
    of="squared_loss",
    loses=("close_and_large",),
)
def expanded(y_hat, y):
    y = y.reshape(y_hat.shape)
    return y_hat**2 / 2 - y_hat * y + y**2 / 2


@mistake(
    "goes up: a step goes against the gradient",
    hint="Take a parameter of 0.0 with the gradient 1.0. On which side of it is the loss smaller, and to which side do you move it?",
    of="sgd",
)
def ascends(params, grads, lr, batch_size):
    return [p + lr * g / batch_size for p, g in zip(params, grads, strict=True)]


@mistake(
    "does not divide by batch_size: the gradients are sums over the minibatch",
    hint="If every example of the minibatch came twice, the gradients and batch_size would both double. Should the step change, and does yours?",
    of="sgd",
)
def not_divided(params, grads, lr, batch_size):
    return [p - lr * g for p, g in zip(params, grads, strict=True)]


@mistake(
    "multiplies by batch_size: a sum over the minibatch becomes a mean by division",
    hint="If every example of the minibatch came twice, the gradients and batch_size would both double. Should the step change, and does yours?",
    of="sgd",
)
def multiplied(params, grads, lr, batch_size):
    return [p - lr * g * batch_size for p, g in zip(params, grads, strict=True)]


@mistake(
    "takes the mean over a gradient's entries: each entry moves its own parameter",
    hint="In the statement's example the gradient is [4, -8]. In which direction does each of the two entries move there, and in your code?",
    of="sgd",
)
def mean_gradient(params, grads, lr, batch_size):
    return [p - lr * g.mean() / batch_size for p, g in zip(params, grads, strict=True)]


@mistake(
    "leaves lr out",
    hint="Call it with lr=0.0. How far should the parameters move, and how far do yours?",
    of="sgd",
)
def no_lr(params, grads, lr, batch_size):
    return [p - g / batch_size for p, g in zip(params, grads, strict=True)]


@mistake(
    "divides by lr: the learning rate scales the step",
    hint="Call it with lr=0.1 and with lr=0.01. Which of the two steps should be the longer one, and which is it in your code?",
    of="sgd",
)
def divided_by_lr(params, grads, lr, batch_size):
    return [p - g / (lr * batch_size) for p, g in zip(params, grads, strict=True)]


@mistake(
    "returns the steps alone: they are taken from the parameters",
    hint="Call it with gradients of zeros. What should come back, and what do you return?",
    of="sgd",
    sign=(1, -1),
)
def steps_alone(params, grads, lr, batch_size, sign):
    return [sign * lr * g / batch_size for g in grads]


@mistake(
    "returns inside of the loop: only the first parameter has learnt",
    hint="Call it with two parameters. How many come back, and how many rounds of your loop are over when `return` is reached?",
    of="sgd",
)
def only_the_first(params, grads, lr, batch_size):
    for p, g in zip(params, grads, strict=True):
        return [p - lr * g / batch_size]


@mistake(
    "looks for the gradients in .grad of the parameters: they are in the list grads",
    hint="Print params[0].grad for the statement's example. Which argument of sgd does your code never read?",
    of="sgd",
)
def reads_grad(params, grads, lr, batch_size):
    return [p - lr * p.grad / batch_size for p in params]


@mistake(
    "unpacks two parameters: there may be any number of them",
    hint="Call it with lists of one tensor, then of three. Which of your lines fails, and how could one line serve any number of pairs?",
    of="sgd",
    loses=("worked_step", "any_parameters"),
)
def exactly_two(params, grads, lr, batch_size):
    w, b = params
    dw, db = grads
    return [w - lr * dw / batch_size, b - lr * db / batch_size]


def _in_place(params, grads, lr, batch_size, recorded):
    with torch.set_grad_enabled(recorded):
        for p, g in zip(params, grads, strict=True):
            p -= lr * g / batch_size
    return params


@mistake(
    "changes the parameters themselves: here the new ones are new tensors, unlike in the book",
    hint="Print params[0] before and after the call. Which line writes to it: with -=, with a method like sub_, or by an assignment to a part of it?",
    of="sgd",
    loses=("sgd[arguments]", "sgd[requires_grad]"),
)
def in_place(params, grads, lr, batch_size):
    return _in_place(params, grads, lr, batch_size, recorded=True)


@mistake(
    "changes the parameters themselves, or puts the new ones into the list that it was given: here the new ones are "
    "new tensors in a list of their own, unlike in the book",
    hint="Print params[0] before and after the call. Which line writes to it: with -=, with a method like sub_, or by an assignment to params[i] or to a part of it?",
    of="sgd",
    loses=("sgd[arguments]",),
)
def overwrites_params(params, grads, lr, batch_size):
    return _in_place(params, grads, lr, batch_size, recorded=False)


@mistake(
    "changes the parameters themselves and returns nothing, as the book does: here the new ones are new tensors, "
    "returned in a list",
    hint="Print what your function returns for the statement's example, and params[0] before and after the call. Where should the new values be?",
    of="sgd",
    recorded=(False, True),
)
def in_place_and_no_result(params, grads, lr, batch_size, recorded):
    _in_place(params, grads, lr, batch_size, recorded)


@mistake(
    "divides the gradients in place: arguments stay as they are",
    hint="Call it twice with the same lists and batch_size=4. Do both calls return the same? Print grads after each of them.",
    of="sgd",
    loses=("sgd[arguments]", "sgd[requires_grad]"),
)
def grads_in_place(params, grads, lr, batch_size):
    for g in grads:
        g /= batch_size
    return [p - lr * g for p, g in zip(params, grads, strict=True)]
