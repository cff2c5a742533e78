"""Softmax and cross-entropy in one: oracle and known mistakes.

A wrong softmax may serve the loss, the gradient or both: such mistakes say `where`.
"""

import functools

import torch
import torch.nn.functional as F

from dlex.grading import mistake

FUNCTIONS = ("loss", "grad")
WHERE = (("loss", "grad"), ("loss",), ("grad",))


def loss(logits, y):
    return F.cross_entropy(logits, y)


def grad(logits, y):
    wanted = logits.detach().clone().requires_grad_()
    with torch.enable_grad():
        value = F.cross_entropy(wanted, y)
    return torch.autograd.grad(value, wanted)[0]


def _picked(values, y):
    return torch.gather(values, 1, y[:, None]).squeeze(1)


def _one_hot(y, like):
    return F.one_hot(y, like.shape[1]).to(like.dtype)


def _loss_of(P, y):
    return -torch.log(_picked(P, y)).mean()


def _grad_of(P, y):
    return (P - _one_hot(y, P)) / len(y)


def _spoiled(where, wrong_loss, wrong_grad):
    """Both functions, wrong where they are meant to be."""
    return wrong_loss if "loss" in where else loss, wrong_grad if "grad" in where else grad


def softmax_mistake(explanation, *, where=WHERE, **constants):
    """A wrong softmax, a function of the logits."""

    def register(wrong_softmax):
        @mistake(explanation, of=FUNCTIONS, where=where, **constants)
        @functools.wraps(wrong_softmax)
        def wrong(where, **chosen):
            def wrong_loss(logits, y):
                return _loss_of(wrong_softmax(logits, **chosen), y)

            def wrong_grad(logits, y):
                return _grad_of(wrong_softmax(logits, **chosen), y)

            return _spoiled(where, wrong_loss, wrong_grad)

        return wrong

    return register


def shift_mistake(explanation, **constants):
    """A shift after which exp() leaves its range: wrong in each of the ways in which a loss is written."""

    def register(shift):
        @mistake(explanation, of=FUNCTIONS, where=WHERE, way=tuple(LOSSES), **constants)
        @functools.wraps(shift)
        def wrong(where, way, **chosen):
            def wrong_loss(logits, y):
                return LOSSES[way](logits, y, shift(logits, **chosen))

            def wrong_grad(logits, y):
                return _grad_of(_softmax(logits, shift(logits, **chosen)), y)

            return _spoiled(where, wrong_loss, wrong_grad)

        return wrong

    return register


def _softmax(logits, shift):
    E = torch.exp(logits - shift)
    return E / E.sum(dim=1, keepdim=True)


def _by_logarithm(logits, y, shift):
    return _loss_of(_softmax(logits, shift), y)


def _by_shifted_scores(logits, y, shift):
    shifted = logits - shift
    return -_picked(shifted - shifted.exp().sum(dim=1, keepdim=True).log(), y).mean()


def _by_log_sum(logits, y, shift):
    log_sums = shift + torch.exp(logits - shift).sum(dim=1, keepdim=True).log()
    return (log_sums - logits.gather(1, y[:, None])).mean()


LOSSES = {
    "logarithm of softmax": _by_logarithm,
    "shifted scores": _by_shifted_scores,
    "log of the sum": _by_log_sum,
}


@shift_mistake(
    "exp() overflows for large scores. Which number can be subtracted from all scores of a row without "
    "changing its probabilities?",
    hint="Follow the rows [1000, 1000] and [0, 0] through your code by hand: what comes out of exp for each, and should their results differ?",
)
def no_max_shift(logits):
    return torch.zeros((), dtype=logits.dtype)


@shift_mistake(
    "subtracts the maximum of the whole matrix: all exponentials of a row far below it are 0. Each row "
    "needs its own maximum.",
    hint="Take a matrix with the rows [0, 0] and [1000, 1000]. What is subtracted from the first row, and what does exp make of it?",
)
def global_max_shift(logits):
    return logits.max()


@shift_mistake(
    "subtracts another number than the largest score of the row: large scores still overflow, or all "
    "exponentials of a row are 0",
    hint="What is the largest number of a row that your exp ever sees? Try the rows [-1000, -2000] and [0, 1000].",
    kind=("mean", "smallest", "largest size"),
)
def wrong_shift(logits, kind):
    shifts = {
        "mean": logits.mean(dim=1, keepdim=True),
        "smallest": logits.amin(dim=1, keepdim=True),
        "largest size": logits.abs().amax(dim=1, keepdim=True),
    }
    return shifts[kind]


@mistake(
    "takes the logarithm of a probability that has become 0: the loss is infinite. Write ln(a / b) as a "
    "difference, then no tiny probability is ever computed.",
    hint="Take the scores [0, 1000] with true class 0: what goes into your logarithm, and what should the loss be? What is ln(exp(x)), without any exp?",
    of="loss",
    loses=("worked_example", "large_losses", "gradient_of_large_losses"),
    largest=(torch.amax, lambda *args, **kwargs: torch.max(*args, **kwargs).values),  # gradients of ties differ
)
def log_of_softmax(logits, y, largest):
    return _loss_of(_softmax(logits, largest(logits, dim=1, keepdim=True)), y)


SMALL = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, "eps")
GUARDS = {
    "adds": lambda P, eps: P + eps,
    "clamps": lambda P, eps: P.clamp(min=eps),
    "clamps both ends": lambda P, eps: P.clamp(eps, 1 - eps),
}


@mistake(
    "keeps probabilities away from 0 with a small number: a true class with a much lower score then costs "
    "too little. Write ln(a / b) as a difference, then no tiny probability is ever computed.",
    hint="Compute your loss for the scores [0, 1000] and [0, 2000], each with true class 0. Should the two be the same? What is the largest loss you can ever return?",
    of="loss",
    guard=tuple(GUARDS),
    eps=SMALL,
)
def epsilon(logits, y, guard, eps):
    small = getattr(torch.finfo(logits.dtype), eps) if isinstance(eps, str) else eps
    return _loss_of(GUARDS[guard](torch.softmax(logits, dim=1), small), y)


@softmax_mistake(
    "softmax runs over the columns: each row is one example, so each row has to add up to 1",
    hint="Give it the single row [[0, 5]]: which probabilities do you compute, and what do they add up to? Along which axis does your sum run?",
)
def wrong_axis(logits):
    return torch.softmax(logits, dim=0)


@softmax_mistake(
    "softmax runs over the whole matrix: each row has to add up to 1 on its own",
    hint="Give it the same row twice, [[0, 0], [0, 0]]: which probabilities do you compute, and what does each row add up to?",
)
def whole_matrix(logits):
    return torch.softmax(logits.flatten(), dim=0).reshape(logits.shape)


@softmax_mistake(
    "applies softmax twice: the scores become probabilities once",
    hint="For the row [0, 5], print what you have after each of your lines. Where do you first have probabilities, and what does the next step make of them?",
)
def softmax_twice(logits):
    return torch.softmax(torch.softmax(logits, dim=1), dim=1)


@softmax_mistake(
    "takes the scores for probabilities: softmax is missing",
    hint="Take the scores [-1, 3]: what do they add up to, and can they be probabilities? Which formula of the statement is not in your code?",
)
def no_softmax(logits):
    return logits


@mistake(
    "the loss is the sum over the batch: its mean is asked for",
    hint="Compute your loss for one example, then for a batch that holds the same example twice. Should the two differ?",
    of="loss",
)
def loss_not_divided(logits, y):
    return F.cross_entropy(logits, y, reduction="sum")


@mistake(
    "the gradient is not divided by n: the loss is the mean over n examples",
    hint="Compute your gradient for one example, then for a batch that holds it twice. How strongly does the mean of two losses feel a change in one of the rows?",
    of="grad",
)
def grad_not_divided(logits, y):
    return grad(logits, y) * len(y)


@mistake(
    "nothing is divided by n: the loss is the mean over the batch, and its gradient carries the same 1/n",
    hint="Compute loss and gradient for one example, then for a batch that holds it twice. Which of the numbers should stay as they are, and which should not?",
    of=FUNCTIONS,
)
def nothing_divided():
    return loss_not_divided, grad_not_divided


@mistake(
    "is divided by the number of classes as well: the mean is over the n examples only",
    hint="For logits of shape (1, 4), the mean is over a single loss. By which number does your code divide in all? Look at what each mean() counts.",
    of=FUNCTIONS,
    where=WHERE,
)
def divided_by_q(where):
    def too_small(function):
        return lambda logits, y: function(logits, y) / logits.shape[1]

    return _spoiled(where, too_small(loss), too_small(grad))


@mistake(
    "returns one loss per example: their mean is asked for",
    hint="Print the shape of your result for 3 examples, beside the shape that the statement asks for. Which part of its formula for L is missing?",
    of="loss",
)
def one_loss_per_example(logits, y):
    return F.cross_entropy(logits, y, reduction="none")


@mistake(
    "the sign is missing: the logarithm of a probability is negative, a loss is not",
    hint="What is the logarithm of 0.5? Who is worse off, a model with p = 0.5 or one with p = 0.9, and does your number say so?",
    of="loss",
)
def loss_sign(logits, y):
    return -loss(logits, y)


@mistake(
    "the logarithm is missing: the loss of an example is -ln of a probability",
    hint="What should an example cost whose true class has probability 1, and what does your code say? Try the scores [0, 100] with true class 1.",
    of="loss",
)
def no_logarithm(logits, y):
    return -_picked(torch.softmax(logits, dim=1), y).mean()


@mistake(
    "the logarithm is not the natural one",
    hint="What does your code return for one example with the scores [0, 0]? To which base is this the logarithm of 2?",
    of="loss",
    log=(torch.log2, torch.log10),
)
def wrong_logarithm(logits, y, log):
    return loss(logits, y) * log(torch.tensor(torch.e, dtype=logits.dtype))


@mistake(
    "leaves out the logarithm of the sum of the exponentials: only the true class's score is there",
    hint="Compute your loss for the scores [0, 0] and for [0, 5], each with true class 0. Does it change, and should it?",
    of="loss",
)
def no_log_sum(logits, y):
    return -_picked(logits, y).mean()


@mistake(
    "a maximum that is subtracted from the scores inside the sum has to be subtracted from the true class's "
    "score too, or be added again afterwards",
    hint="Add 100 to all scores of a row: should its loss change, and does yours? Follow the 100 through each term of your formula.",
    of="loss",
)
def shift_not_undone(logits, y):
    shifted = logits - logits.amax(dim=1, keepdim=True)
    return (torch.logsumexp(shifted, dim=1) - _picked(logits, y)).mean()


@mistake(
    "adds up the losses of all classes: only the true class of each example counts",
    hint="Take the scores [[0, 5]], once with y = [0] and once with y = [1]. Which of the two should cost more, and does it with your code?",
    of="loss",
)
def all_classes(logits, y):
    return -torch.log_softmax(logits, dim=1).sum(dim=1).mean()


@mistake(
    "pairs every row with every label: an index of [:, y] takes all labels' columns from all rows. Row i "
    "belongs to y[i] alone.",
    hint="For two examples with y = [0, 1], print what you pick with y, and its shape. Which of these numbers belong to a row and its own label?",
    of=FUNCTIONS,
    where=WHERE,
)
def every_label(where):
    def wrong_loss(logits, y):
        return -torch.log_softmax(logits, dim=1)[:, y].mean()

    def wrong_grad(logits, y):
        P = torch.softmax(logits, dim=1)
        P[:, y] -= 1
        return P / len(y)

    return _spoiled(where, wrong_loss, wrong_grad)


@mistake(
    "takes the class with the largest score for the true one: the labels y are not used",
    hint="Change a label in y and leave the scores as they are: what happens to your result? Which of your lines reads y?",
    of=FUNCTIONS,
    where=WHERE,
)
def largest_for_true(where):
    return _spoiled(
        where,
        lambda logits, y: loss(logits, logits.argmax(dim=1)),
        lambda logits, y: grad(logits, logits.argmax(dim=1)),
    )


@mistake(
    "cuts the loss off from the scores: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
    of="loss",
)
def cut_off(logits, y):
    return loss(logits.detach(), y)


@mistake(
    "returns a number of Python's: a 0-d tensor is asked for, through which gradients flow",
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
    of="loss",
)
def python_number(logits, y):
    return loss(logits, y).item()


@mistake(
    "subtracts 1 from every probability: only that of the true class is 1 too large",
    hint="Add up each row of your gradient: what comes out, and what should? How many ones do you subtract in a row?",
    of="grad",
    divided=(True, False),
)
def minus_one_everywhere(logits, y, divided):
    return (torch.softmax(logits, dim=1) - 1) / (len(y) if divided else 1)


@mistake(
    "the gradient has the wrong sign: a higher score of the true class lowers the loss",
    hint="Compute the loss of [[0, 0]] and of [[0.1, 0]], each with y = [0]. Which is smaller, and which sign must the first derivative have?",
    of="grad",
)
def grad_sign(logits, y):
    return -grad(logits, y)


@mistake(
    "nothing is subtracted for the true class: its own score acts on the loss twice",
    hint="Add up each row of your gradient: what comes out, and what does the docstring of `grad` say? In which column is the difference?",
    of="grad",
)
def no_one_hot(logits, y):
    return torch.softmax(logits, dim=1) / len(y)


@mistake(
    "only the true classes get a derivative: the scores of all the others act on the loss too, through the sum",
    hint="Compute the loss of [[0, 0]] and of [[0, 0.1]], each with y = [0]. Does the second score matter, and what does your gradient say about it?",
    of="grad",
)
def only_true_class(logits, y):
    return grad(logits, y) * _one_hot(y, logits)


@mistake(
    "divides only a part of the gradient by n: put the difference in brackets",
    hint="Add up the rows of your gradient, for a batch of one example and for a batch of two. When is it 0, and which part of your difference is not divided?",
    of="grad",
    part=("probability", "one"),
)
def divides_one_part(logits, y, part):
    P, ones = torch.softmax(logits, dim=1), _one_hot(y, logits)
    return P / len(y) - ones if part == "probability" else P - ones / len(y)


@mistake(
    "subtracts the number of the class: 1 is subtracted, in the column that the number names",
    hint="Take the scores [[0, 0]] with y = [0]: which number do you subtract there, and what do the two derivatives add up to?",
    of="grad",
    everywhere=(True, False),
)
def subtracts_label(logits, y, everywhere):
    numbers = y[:, None] if everywhere else y[:, None] * _one_hot(y, logits)
    return (torch.softmax(logits, dim=1) - numbers) / len(y)


@mistake(
    "subtracts 1 from whole rows: an index of [y] alone picks rows, and y names columns",
    hint="For logits of shape (3, 2), print the shape of what your index [y] picks. How many numbers are these, and how many do you want to change?",
    of="grad",
)
def labels_pick_rows(logits, y):
    P = torch.softmax(logits, dim=1)
    P[y] -= 1
    return P / len(y)


@mistake(
    "goes through the derivative of softmax once more: p minus one-hot is the derivative with respect to "
    "the scores already",
    hint="Compute the loss of [[0, 0]] and of [[0.01, 0]], each with y = [0], and divide the change by 0.01. Compare with your first derivative of [[0, 0]].",
    of="grad",
)
def chain_rule_twice(logits, y):
    P = torch.softmax(logits, dim=1)
    return grad(logits, y) * P * (1 - P)


@mistake(
    "`loss` changes the logits themselves: build new tensors instead of writing into the argument",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    of="loss",
    loses=("loss_contract[arguments]", "loss_contract[gradients]", "gradient_of_large_losses"),
)
def loss_in_place(logits, y):
    logits -= logits.amax(dim=1, keepdim=True)
    return loss(logits, y)


@mistake(
    "`grad` changes the logits themselves: build new tensors instead of writing into the argument",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    of="grad",
    loses=("grad_contract[arguments]", "grad_contract[requires_grad]"),
)
def grad_in_place(logits, y):
    logits -= logits.amax(dim=1, keepdim=True)
    return grad(logits, y)
