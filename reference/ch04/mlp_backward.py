"""Backpropagation through a multilayer perceptron: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def mlp_backward(X, y, W1, b1, W2, b2):
    wanted = [tensor.detach().clone().requires_grad_() for tensor in (W1, b1, W2, b2)]
    with torch.enable_grad():
        hidden = F.relu(F.linear(X.detach(), wanted[0].T, wanted[1]))
        loss = F.cross_entropy(F.linear(hidden, wanted[2].T, wanted[3]), y)
    return loss.detach(), *torch.autograd.grad(loss, wanted)


# What the mistakes below share: the right way, in steps that each of them can replace.


def _forward(X, y, W1, b1, W2, b2):
    """Sums of the hidden units, hidden units, scores."""
    Z = X @ W1 + b1
    H = torch.relu(Z)
    return Z, H, H @ W2 + b2


def _loss(scores, y):
    return F.cross_entropy(scores, y)


def _error(scores, y):
    """The gradient of the scores."""
    return (torch.softmax(scores, dim=1) - F.one_hot(y, scores.shape[1])) / len(y)


def _back(dO, W2):
    """The gradient of the hidden units."""
    return dO @ W2.T


def _through_relu(dH, Z):
    """The gradient of the sums of the hidden units."""
    return dH * (Z > 0)


def _pack(X, H, dO, dZ):
    return X.T @ dZ, dZ.sum(dim=0), H.T @ dO, dO.sum(dim=0)


@torch.no_grad()
def _with(
    arguments, *, forward=_forward, loss=_loss, error=_error, back=_back, relu=_through_relu, pack=_pack
):
    X, y, _W1, _b1, W2, _b2 = arguments
    Z, H, scores = forward(*arguments)
    dO = error(scores, y)
    return loss(scores, y), *pack(X, H, dO, relu(back(dO, W2), Z))


def _scaled(answer, factor, loss_too):
    loss, *gradients = answer
    return loss * factor if loss_too else loss, *(gradient * factor for gradient in gradients)


def _replaced(answer, **gradients):
    """The answer with some of its parts changed, each by a function of it."""
    names = ("loss", "dW1", "db1", "dW2", "db2")
    return tuple(
        gradients.get(name, lambda part: part)(part) for name, part in zip(names, answer, strict=True)
    )


@mistake(
    "is not divided by the number of examples n: the loss is a mean over the batch",
    hint="Put the same example into the batch twice. Should loss and gradients change, and do they?",
    loss_too=(False, True),
)
def not_divided_by_n(*arguments, loss_too):
    return _scaled(mlp_backward(*arguments), len(arguments[0]), loss_too)


@mistake(
    "the loss is a sum: it is the mean over the batch, as its gradients are",
    hint="Put the same example into the batch twice. Should the loss change, and does it?",
)
def loss_summed(*arguments):
    return _replaced(mlp_backward(*arguments), loss=lambda loss: loss * len(arguments[0]))


@mistake(
    "the loss is not reduced: its mean over the batch is asked for",
    hint="Print the shape of your loss for n = 3 and for n = 5. Which step of the statement's formula for L is still missing?",
)
def loss_per_example(X, y, W1, b1, W2, b2):
    _Z, _H, scores = _forward(X, y, W1, b1, W2, b2)
    return _replaced(
        mlp_backward(X, y, W1, b1, W2, b2), loss=lambda loss: F.cross_entropy(scores, y, reduction="none")
    )


@mistake(
    "divides by n twice: once in the gradient of the scores is enough",
    hint="Find every line that divides by n or takes a mean on the way back. How many of them does one gradient pass?",
)
def divided_twice(*arguments):
    return _scaled(mlp_backward(*arguments), 1 / len(arguments[0]), False)


@mistake(
    "is divided by the number of classes q as well: a mean over the batch is one over n examples",
    hint="By which number do you divide for n = 2 examples and q = 3 classes? Look for a mean over a whole matrix.",
)
def divided_by_q(*arguments):
    return _scaled(mlp_backward(*arguments), 1 / len(arguments[5]), False)


@mistake(
    "the gradients have the wrong sign: a score that gets too much probability has a positive gradient",
    hint="Let b2 grow for a class that is no example's true one, and print the loss. Does it rise, and which sign has your db2 there?",
)
def sign(*arguments):
    return _scaled(mlp_backward(*arguments), -1, False)


@mistake(
    "the loss has the wrong sign: the logarithm of a probability is negative, the loss is not",
    hint="For two classes with equal scores the loss should be 0.693. What is ln 0.5, and where is the minus of the statement in your code?",
)
def loss_sign(*arguments):
    return _replaced(mlp_backward(*arguments), loss=lambda loss: -loss)


@mistake(
    "takes all scores as true ones: only the true class has 1 subtracted from its probability",
    hint="Suppose a wrong class already has the probability 0. Can its score still lower the loss, and which gradient do you give it?",
)
def one_subtracted_everywhere(*arguments):
    return _with(arguments, error=lambda scores, y: (torch.softmax(scores, dim=1) - 1) / len(y))


@mistake(
    "starts back from the probabilities alone: what is subtracted at the true class?",
    hint="Suppose the true class already has the probability 1. Can its score still lower the loss, and which gradient do you give it?",
)
def nothing_subtracted(*arguments):
    return _with(arguments, error=lambda scores, y: torch.softmax(scores, dim=1) / len(y))


@mistake(
    "starts back from the scores: the gradient of the scores is made of probabilities",
    hint="Add 100 to every entry of b2. Do the probabilities change, and should the gradients? Do yours?",
)
def scores_for_probabilities(*arguments):
    return _with(arguments, error=lambda scores, y: (scores - F.one_hot(y, scores.shape[1])) / len(y))


@mistake(
    "starts back from the true class alone: all probabilities depend on every score",
    hint="Raise the score of a wrong class a little (through b2) and print the loss. Does it change, and which gradient do you give this score?",
)
def true_class_only(*arguments):
    def error(scores, y):
        onehot = F.one_hot(y, scores.shape[1])
        return (torch.softmax(scores, dim=1) - 1) * onehot / len(y)

    return _with(arguments, error=error)


@mistake(
    "takes the softmax over the batch: each row of scores is one example",
    hint="Print the sums of your probabilities along dim=0 and along dim=1. Which of the two is all ones, and which should be?",
    loss_too=(True, False),
)
def softmax_over_batch(*arguments, loss_too):
    def error(scores, y):
        return (torch.softmax(scores, dim=0) - F.one_hot(y, scores.shape[1])) / len(y)

    def loss(scores, y):
        return F.nll_loss(torch.log_softmax(scores, dim=0), y)

    return _with(arguments, error=error, loss=loss if loss_too else _loss)


@mistake(
    "exp() of a large score overflows, and inf / inf is nan: subtract each row's largest score first",
    hint="Follow the scores [10000, 10000] through your softmax by hand, then [0, 0]. Should the two differ?",
    loses=("large_scores",),
)
def softmax_overflows(*arguments):
    def softmax(scores):
        return scores.exp() / scores.exp().sum(dim=1, keepdim=True)

    def error(scores, y):
        return (softmax(scores) - F.one_hot(y, scores.shape[1])) / len(y)

    return _with(arguments, error=error, loss=lambda scores, y: F.nll_loss(softmax(scores).log(), y))


@mistake(
    "takes the logarithm of a probability that has become 0: log(softmax) in one step stays finite",
    hint="Take the scores [0, 10000] and the true class 0: the loss should be 10000. What is the probability in your code, and what its logarithm?",
    loses=("large_scores",),
)
def log_of_zero(*arguments):
    return _with(arguments, loss=lambda scores, y: F.nll_loss(torch.softmax(scores, dim=1).log(), y))


@mistake(
    "adds a small number before the logarithm, or lets no probability be smaller: that caps the large losses",
    hint="Take the scores [0, 10000] and the true class 0: the loss should be 10000. What does your code give, and can it ever give more?",
    eps=(1e-8, 1e-9, 1e-10, 1e-12, 1e-7, 1e-6, 1e-5),
)
def log_with_epsilon(*arguments, eps):
    return _with(arguments, loss=lambda scores, y: F.nll_loss((torch.softmax(scores, dim=1) + eps).log(), y))


@mistake(
    "lets gradients pass through units that are off: relu has the slope 0 there",
    hint="A hidden unit has the sum -2. If the sum grows by 0.1, does the loss change? Which gradient does your code give this sum?",
)
def no_mask(*arguments):
    return _with(arguments, relu=lambda dH, Z: dH)


@mistake(
    "takes the mask from the gradient: whether relu lets a gradient pass depends on the sum that went in",
    hint="A hidden unit has the sum 2 and the gradient -0.5. Does relu let this gradient pass, and does your code?",
)
def mask_from_gradient(*arguments):
    return _with(arguments, relu=lambda dH, Z: dH * (dH > 0))


@mistake(
    "multiplies by the hidden units themselves: the slope of relu is 0 or 1",
    hint="A hidden unit has the sum 3 and the gradient 0.5. Which gradient should the sum get, and which one does your code give it?",
    values=("sums", "units"),
)
def value_for_mask(*arguments, values):
    return _with(arguments, relu=lambda dH, Z: dH * (Z if values == "sums" else Z.clamp(min=0)))


@mistake(
    "takes the mask from the sums before the bias is added: relu saw them with the bias",
    hint="X W1 gives a hidden unit -1, and its bias is 3. Is the unit on, and what does your mask say?",
)
def mask_without_bias(*arguments):
    X, _y, W1, *_rest = arguments
    return _with(arguments, relu=lambda dH, Z: dH * (X @ W1 > 0))


@mistake(
    "lets gradients pass where units are off, and none where they are on",
    hint="Print Z, and beside it the gradient that your way back gives it. Where is Z above 0, and where is the gradient 0?",
)
def mask_reversed(*arguments):
    return _with(arguments, relu=lambda dH, Z: dH * (Z <= 0))


@mistake(
    "puts the gradient of the hidden units through relu as well: its mask belongs to the sums alone",
    hint="A hidden unit has the sum 2 and the gradient -0.5. Does relu let this gradient pass, and does your code?",
)
def relu_of_gradient(*arguments):
    return _with(arguments, relu=lambda dH, Z: (dH * (Z > 0)).clamp(min=0))


@mistake(
    "the gradient of a weight is transposed: it has the shape of the weight",
    hint="With d = 3, h = 4 and q = 5, print the shape of each gradient beside that of its parameter. Which factor stands first in the product?",
    which=(("dW1",), ("dW2",), ("dW1", "dW2")),
)
def weight_gradient_transposed(*arguments, which):
    return _replaced(mlp_backward(*arguments), **dict.fromkeys(which, lambda gradient: gradient.T))


@mistake(
    "the gradient of a bias is not summed over the examples: a bias serves all of them",
    hint="For n = 5, print the shape of each gradient beside that of its parameter. Which dimension is too many, and what should become of it?",
    which=(("db1",), ("db2",), ("db1", "db2")),
)
def bias_gradient_not_summed(*arguments, which):
    def pack(X, H, dO, dZ):
        dW1, db1, dW2, db2 = _pack(X, H, dO, dZ)
        return dW1, dZ if "db1" in which else db1, dW2, dO if "db2" in which else db2

    return _with(arguments, pack=pack)


@mistake(
    "the gradient of a bias is a mean over the examples: the mean is in the gradient of the scores already",
    hint="Put the same example into the batch twice. Should db1 and db2 change, and do they?",
    which=(("db1",), ("db2",), ("db1", "db2")),
)
def bias_gradient_averaged(*arguments, which):
    n = len(arguments[0])
    return _replaced(mlp_backward(*arguments), **dict.fromkeys(which, lambda gradient: gradient / n))


@mistake(
    "the gradient of a bias is one number: every unit has a bias of its own",
    hint="Print db1 and db2 beside b1 and b2. Over which dimensions does your sum go, and which of them counts the examples?",
)
def bias_gradient_of_all(*arguments):
    return _replaced(mlp_backward(*arguments), db1=lambda db1: db1.sum(), db2=lambda db2: db2.sum())


@mistake(
    "the gradients of the biases keep a dimension: they have the shapes (h,) and (q,) of the biases",
    hint="Print the shapes of db1 and db2 beside those of b1 and b2. Which of your steps leaves the dimension of size 1 there?",
)
def bias_gradients_keep_dimension(*arguments):
    return _replaced(mlp_backward(*arguments), db1=lambda db1: db1[None], db2=lambda db2: db2[None])


@mistake(
    "goes back through W2 after updating it: all gradients belong to the parameters of the way forward",
    hint="Print the matrix that you go back through beside the W2 that you were given. Which of your lines makes them differ?",
    lr=(0.1, 0.01, 0.5, 1.0, 0.05, 0.001, 0.2, 0.3),
)
def updated_W2(*arguments, lr):
    def back(dO, W2):
        _Z, H, _O = _forward(*arguments)
        return dO @ (W2 - lr * H.T @ dO).T

    return _with(arguments, back=back)


@mistake(
    "goes back through W2 as it went forward: on the way back the matrix is transposed",
    hint="For n = 2, h = 3, q = 4: which shapes have the gradient of the scores and W2, and which should the gradient of the hidden units have?",
)
def W2_not_transposed(*arguments):
    return _with(arguments, back=lambda dO, W2: dO @ W2)


@mistake(
    "takes the sums for the hidden units in the gradient of W2: what did W2 multiply?",
    hint="Let b1 be so low that all hidden units are off. Can a change of W2 change the loss then, and what does your dW2 say?",
)
def dW2_from_sums(*arguments):
    Z = _forward(*arguments)[0]
    return _with(arguments, pack=lambda X, H, dO, dZ: _pack(X, Z, dO, dZ))


@mistake(
    "pairs the hidden units with their gradients in the gradient of W1: what did W1 multiply?",
    hint="Let X be all zeros and b1 positive. Can a change of W1 change the loss then, and what does your dW1 say?",
)
def dW1_from_hidden(*arguments):
    return _with(arguments, pack=lambda X, H, dO, dZ: _pack(H, H, dO, dZ))


def _without_relu(X, y, W1, b1, W2, b2):
    Z = X @ W1 + b1
    return Z, Z, Z @ W2 + b2


@mistake(
    "leaves relu out on the way forward",
    hint="Follow a hidden unit with the sum -2 through your way forward: what does it hand on to W2, and what should it?",
    mask=(True, False),
)
def no_relu(*arguments, mask):
    relu = _through_relu if mask else lambda dH, Z: dH
    return _with(arguments, forward=_without_relu, relu=relu)


@mistake(
    "leaves a bias out on the way forward",
    hint="Let X be all zeros. What should Z and the scores be then, and what are they in your code?",
    which=("b1", "b2", "both"),
)
def bias_left_out(X, y, W1, b1, W2, b2, which):
    b1 = b1 if which == "b2" else torch.zeros_like(b1)
    b2 = b2 if which == "b1" else torch.zeros_like(b2)
    return mlp_backward(X, y, W1, b1, W2, b2)


@mistake(
    "returns the gradients in another order: dW1, db1, dW2, db2 is asked for",
    hint="Print the shapes of your results for d = 2, h = 3, q = 4. Which parameter does each shape belong to?",
    form=("weights", "back"),
)
def other_order(*arguments, form):
    loss, dW1, db1, dW2, db2 = mlp_backward(*arguments)
    return (loss, dW1, dW2, db1, db2) if form == "weights" else (loss, dW2, db2, dW1, db1)


@mistake(
    "leaves the loss out of the result: the loss comes first, then the four gradients",
    hint="How many results does the tuple of the statement hold, and how many does your `return` name?",
)
def loss_not_returned(*arguments):
    return mlp_backward(*arguments)[1:]


@mistake(
    "returns the updated parameters: their gradients are asked for",
    hint="Which of your lines subtracts something from a parameter? What would be left to return without that line?",
    lr=(0.1, 0.01, 0.5, 1.0),
)
def updates(X, y, W1, b1, W2, b2, lr):
    loss, *gradients = mlp_backward(X, y, W1, b1, W2, b2)
    return loss, *(p - lr * g for p, g in zip((W1, b1, W2, b2), gradients, strict=True))


@mistake(
    "makes the gradients in float32: they have the dtype of the arguments",
    hint="Print the dtype after each line for arguments in float64. In which line does float64 get lost?",
)
def float32_gradients(*arguments):
    loss, *gradients = mlp_backward(*arguments)
    return loss, *(gradient.float() for gradient in gradients)


@mistake(
    "changes the parameters themselves: their gradients are asked for, no step along them",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def steps(X, y, W1, b1, W2, b2):
    answer = mlp_backward(X, y, W1, b1, W2, b2)
    for parameter, gradient in zip((W1, b1, W2, b2), answer[1:], strict=True):
        parameter.data -= 0.1 * gradient
    return answer
