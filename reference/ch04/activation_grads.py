"""Derivatives of relu, sigmoid and tanh: oracle and known mistakes."""

import functools

import torch

from dlex.grading import mistake


def relu_grad(x):
    return _slope(torch.relu, x)


def sigmoid_grad(x):
    return _slope(torch.sigmoid, x)


def tanh_grad(x):
    return _slope(torch.tanh, x)


def _slope(function, x):
    x = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(x).sum(), x)
    return gradient


relu_mistake = functools.partial(mistake, of="relu_grad")
sigmoid_mistake = functools.partial(mistake, of="sigmoid_grad")
tanh_mistake = functools.partial(mistake, of="tanh_grad")

# relu ------------------------------------------------------------------------------------------


@relu_mistake(
    "returns relu itself: its slope is 0 or 1",
    hint="How much does relu rise from x = 2 to x = 3? What does your function give at 2, and what at 3?",
)
def relu_itself(x):
    return torch.relu(x)


@relu_mistake(
    "the slope of a positive number is 1, of a negative one 0: here it is the other way round",
    hint="Does relu rise between x = 2 and x = 3? Follow x = 2 through your code: which slope comes out?",
)
def relu_swapped(x):
    return (x < 0).to(x.dtype)


@relu_mistake(
    "gives negative numbers the slope -1 (that is |x|): relu is flat there",
    hint="What are relu(-3) and relu(-2)? How much does relu rise between the two, and which slope does your function give there?",
)
def slope_of_abs(x):
    return torch.sign(x)


@relu_mistake(
    "gives 1 everywhere: relu is flat for negative numbers",
    hint="What are relu(-3) and relu(-2)? Which of your lines treats x = -3 differently from x = 3?",
)
def slope_of_identity(x):
    return torch.ones_like(x)


@relu_mistake(
    "gives negative numbers a small slope (a leaky relu): relu is flat there",
    hint="What are relu(-3) and relu(-2)? How much does relu rise between the two, and which slope does your function give there?",
    slope=(0.01, 0.1, 0.2, 0.05, 0.001, 0.3),
)
def leaky_slope(x, slope):
    return torch.where(x > 0, 1.0, slope).to(x.dtype)


@relu_mistake(
    "gives 1 above 1 only: relu rises from 0 on",
    hint="What are relu(0.2) and relu(0.7)? Which slope lies between the two, and which one does your function give there?",
)
def slope_from_one_on(x):
    return (x > 1).to(x.dtype)


@relu_mistake(
    "returns True and False: the derivative is a number in the dtype of x",
    hint="Print the dtype of your result beside that of x. What does a comparison return, and what is still to be done with it?",
)
def relu_as_bool(x):
    return x > 0


@relu_mistake(
    "returns integers: the derivative has the dtype of x",
    hint="Print the dtype of your result for x in float32 and in float64. Which of your lines picks a dtype without looking at x?",
    dtype=(torch.int64, torch.int32),
)
def relu_as_int(x, dtype):
    return (x > 0).to(dtype)


# sigmoid ---------------------------------------------------------------------------------------


@sigmoid_mistake(
    "is x (1 - x): that holds for the output of the sigmoid, and x is its input",
    hint="What does your formula give at x = 0 and at x = 3? Can these be slopes of a curve that always rises, and most steeply at 0?",
)
def sigmoid_slope_of_output(x):
    return x * (1 - x)


@sigmoid_mistake(
    "applies the sigmoid twice: x is its input, so one application gives its output",
    hint="Print every value on the way from x = 0 to your result: sigmoid(0) is 0.5. Where does this 0.5 go into the sigmoid again?",
)
def sigmoid_twice(x):
    return sigmoid_grad(torch.sigmoid(x))


@sigmoid_mistake(
    "is y (1 + y) for the output y: look at the sign",
    hint="At x = 10 the sigmoid is almost flat. Which slope does your function give there?",
)
def sigmoid_plus(x):
    y = torch.sigmoid(x)
    return y * (1 + y)


@sigmoid_mistake(
    "is 1 - y for the output y: one factor is missing",
    hint="At x = -10 the sigmoid is almost flat. Which slope does your function give there?",
)
def one_minus_sigmoid(x):
    return 1 - torch.sigmoid(x)


@sigmoid_mistake(
    "is 1 - y^2 for the output y, which belongs to tanh",
    hint="At x = -10 the sigmoid is almost flat. Which slope does your function give there?",
)
def tanh_rule_for_sigmoid(x):
    return 1 - torch.sigmoid(x) ** 2


@sigmoid_mistake(
    "the sign is wrong: a rising function has a positive slope",
    hint="Print the parts of your formula at x = 0, one after the other. Where does the minus come from?",
)
def sigmoid_sign(x):
    return -sigmoid_grad(x)


@sigmoid_mistake(
    "returns the sigmoid itself",
    hint="At x = 10 the sigmoid is almost flat. Which slope does your function give there?",
)
def sigmoid_itself(x):
    return torch.sigmoid(x)


@sigmoid_mistake(
    "mixes input and output: both factors are made of the output",
    hint="Print your two factors at x = 0, where the sigmoid is 0.5. Which of them was made from x instead?",
    swap=(False, True),
)
def sigmoid_mixed(x, swap):
    y = torch.sigmoid(x)
    return x * (1 - y) if swap else y * (1 - x)


@sigmoid_mistake(
    "is y^2 for the output y: one of the factors is 1 - y",
    hint="At x = 10 the sigmoid is almost flat. Which slope does your function give there?",
)
def sigmoid_squared(x):
    return torch.sigmoid(x) ** 2


@sigmoid_mistake(
    "exp(-x) overflows for very negative x, and infinity over infinity is nan: use the output of the sigmoid",
    hint="Print each part of your formula at x = -1000, and torch.sigmoid(x) beside them. Which of these are finite, and which one does the statement's formula need?",
    loses=("sigmoid_far_out",),
)
def exp_of_minus_x_overflows(x):
    z = torch.exp(-x)
    return z / (1 + z) ** 2


@sigmoid_mistake(
    "exp(x) overflows for large x, and infinity over infinity is nan: use the output of the sigmoid",
    hint="Print each part of your formula at x = 1000, and torch.sigmoid(x) beside them. Which of these are finite, and which one does the statement's formula need?",
    loses=("sigmoid_far_out",),
    formula=(
        lambda e: e / (1 + e) ** 2,
        lambda e: e / (1 + e) * (1 - e / (1 + e)),
    ),
)
def exp_of_x_overflows(x, formula):
    return formula(torch.exp(x))


# tanh ------------------------------------------------------------------------------------------


@tanh_mistake(
    "is 1 - x^2: that holds for the output of tanh, and x is its input",
    hint="What does your formula give at x = 2? Can that be the slope of a curve that always rises?",
)
def tanh_slope_of_output(x):
    return 1 - x**2


@tanh_mistake(
    "applies tanh twice: x is its input, so one application gives its output",
    hint="Print every value on the way from x = 10 to your result: tanh(10) is almost 1. Where does this 1 go into tanh again?",
)
def tanh_twice(x):
    return tanh_grad(torch.tanh(x))


@tanh_mistake(
    "is 1 - tanh(x): the square is missing",
    hint="At x = -10 tanh is almost flat. Which slope does your function give there?",
)
def square_missing(x):
    return 1 - torch.tanh(x)


@tanh_mistake(
    "is 1 + y^2 for the output y (the tangent's rule): look at the sign",
    hint="At x = 10 tanh is almost flat. Which slope does your function give there?",
)
def tanh_plus(x):
    return 1 + torch.tanh(x) ** 2


@tanh_mistake(
    "is y (1 - y) for the output y, which belongs to the sigmoid",
    hint="Near x = 0, tanh rises just like x itself. Which slope is that, and which one does your function give at 0?",
)
def sigmoid_rule_for_tanh(x):
    y = torch.tanh(x)
    return y * (1 - y)


@tanh_mistake(
    "squares the difference: only tanh(x) is squared",
    hint="At x = -10 tanh is almost flat. What does your formula give there? Which comes first in it, the square or the difference?",
)
def difference_squared(x):
    return (1 - torch.tanh(x)) ** 2


@tanh_mistake(
    "squares x before tanh: the output is squared",
    hint="At x = 1, tanh is 0.762 and the square of that is 0.580. Which of the two does your code subtract from 1?",
)
def square_of_input(x):
    return 1 - torch.tanh(x**2)


@tanh_mistake(
    "the sign is wrong: a rising function has a positive slope",
    hint="Print the parts of your formula at x = 0, one after the other. Where does the minus come from?",
)
def tanh_sign(x):
    return -tanh_grad(x)


@tanh_mistake(
    "returns tanh itself", hint="At x = 10 tanh is almost flat. Which slope does your function give there?"
)
def tanh_itself(x):
    return torch.tanh(x)


@tanh_mistake(
    "is the square of tanh: subtract it from 1",
    hint="Near x = 0, tanh rises just like x itself. Which slope is that, and which one does your function give at 0?",
)
def tanh_squared(x):
    return torch.tanh(x) ** 2


@tanh_mistake(
    "is 1 / cosh(x): the square is missing",
    hint="At x = 1, tanh is 0.762: which slope does the statement's formula give? Compare it with your result, and with the square of your result.",
)
def one_over_cosh(x):
    return 1 / torch.cosh(x)


@tanh_mistake(
    "the exponentials overflow, and infinity over infinity is nan: use the output of tanh",
    hint="Print each part of your formula at x = 1000, and torch.tanh(x) beside them. Which of these are finite, and which one does the statement's formula need?",
    loses=("tanh_far_out",),
)
def tanh_exponentials_overflow(x):
    up, down = torch.exp(x), torch.exp(-x)
    return 1 - ((up - down) / (up + down)) ** 2


# any of the three ------------------------------------------------------------------------------

FUNCTIONS = {"relu_grad": relu_grad, "sigmoid_grad": sigmoid_grad, "tanh_grad": tanh_grad}


def any_mistake(explanation, *, hint):
    """A mistake in how a right result is made, by one of the functions or by all: it gets the right one."""

    def register(spoil):
        @mistake(explanation, hint=hint, of=tuple(FUNCTIONS), which=(*FUNCTIONS, "all"))
        @functools.wraps(spoil)
        def wrong(which):
            return [spoil(right) if which in (name, "all") else right for name, right in FUNCTIONS.items()]

        return wrong

    return register


@any_mistake(
    "changes x itself: build new tensors instead of writing into the argument",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
)
def in_place(right):
    return lambda x: x.data.copy_(right(x))


@any_mistake(
    "adds up the derivatives: every entry has one of its own",
    hint="Give it an x of shape (2, 3) and print the shape after each line. Where do six numbers become one?",
)
def summed(right):
    return lambda x: right(x).sum()


@any_mistake(
    "returns float32 for a float64 x: the result has the dtype of x",
    hint="Print the dtype after each line for an x in float64. In which line does float64 get lost?",
)
def always_float32(right):
    return lambda x: right(x).float()


@any_mistake(
    "cannot be used while x requires gradients: Tensor.numpy() refuses such tensors",
    hint="Call it with an x that requires gradients. Which of your lines raises the error, and which function of torch could take its place?",
)
def by_numpy(right):
    return lambda x: right(torch.from_numpy(x.numpy()))
