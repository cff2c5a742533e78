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


@relu_mistake("returns relu itself: its slope is 0 or 1")
def relu_itself(x):
    return torch.relu(x)


@relu_mistake("the slope of a positive number is 1, of a negative one 0: here it is the other way round")
def relu_swapped(x):
    return (x < 0).to(x.dtype)


@relu_mistake("gives negative numbers the slope -1 (that is |x|): relu is flat there")
def slope_of_abs(x):
    return torch.sign(x)


@relu_mistake("gives 1 everywhere: relu is flat for negative numbers")
def slope_of_identity(x):
    return torch.ones_like(x)


@relu_mistake(
    "gives negative numbers a small slope (a leaky relu): relu is flat there",
    slope=(0.01, 0.1, 0.2, 0.05, 0.001, 0.3),
)
def leaky_slope(x, slope):
    return torch.where(x > 0, 1.0, slope).to(x.dtype)


@relu_mistake("gives 1 above 1 only: relu rises from 0 on")
def slope_from_one_on(x):
    return (x > 1).to(x.dtype)


@relu_mistake("returns True and False: the derivative is a number in the dtype of x")
def relu_as_bool(x):
    return x > 0


@relu_mistake("returns integers: the derivative has the dtype of x", dtype=(torch.int64, torch.int32))
def relu_as_int(x, dtype):
    return (x > 0).to(dtype)


# sigmoid ---------------------------------------------------------------------------------------


@sigmoid_mistake("is x (1 - x): that holds for the output of the sigmoid, and x is its input")
def sigmoid_slope_of_output(x):
    return x * (1 - x)


@sigmoid_mistake("applies the sigmoid twice: x is its input, so one application gives its output")
def sigmoid_twice(x):
    return sigmoid_grad(torch.sigmoid(x))


@sigmoid_mistake("is y (1 + y) for the output y: look at the sign")
def sigmoid_plus(x):
    y = torch.sigmoid(x)
    return y * (1 + y)


@sigmoid_mistake("is 1 - y for the output y: one factor is missing")
def one_minus_sigmoid(x):
    return 1 - torch.sigmoid(x)


@sigmoid_mistake("is 1 - y^2 for the output y, which belongs to tanh")
def tanh_rule_for_sigmoid(x):
    return 1 - torch.sigmoid(x) ** 2


@sigmoid_mistake("the sign is wrong: a rising function has a positive slope")
def sigmoid_sign(x):
    return -sigmoid_grad(x)


@sigmoid_mistake("returns the sigmoid itself")
def sigmoid_itself(x):
    return torch.sigmoid(x)


@sigmoid_mistake("mixes input and output: both factors are made of the output", swap=(False, True))
def sigmoid_mixed(x, swap):
    y = torch.sigmoid(x)
    return x * (1 - y) if swap else y * (1 - x)


@sigmoid_mistake("is y^2 for the output y: one of the factors is 1 - y")
def sigmoid_squared(x):
    return torch.sigmoid(x) ** 2


@sigmoid_mistake(
    "exp(-x) overflows for very negative x, and infinity over infinity is nan: use the output of the sigmoid",
    loses=("sigmoid_far_out",),
)
def exp_of_minus_x_overflows(x):
    z = torch.exp(-x)
    return z / (1 + z) ** 2


@sigmoid_mistake(
    "exp(x) overflows for large x, and infinity over infinity is nan: use the output of the sigmoid",
    loses=("sigmoid_far_out",),
    formula=(
        lambda e: e / (1 + e) ** 2,
        lambda e: e / (1 + e) * (1 - e / (1 + e)),
    ),
)
def exp_of_x_overflows(x, formula):
    return formula(torch.exp(x))


# tanh ------------------------------------------------------------------------------------------


@tanh_mistake("is 1 - x^2: that holds for the output of tanh, and x is its input")
def tanh_slope_of_output(x):
    return 1 - x**2


@tanh_mistake("applies tanh twice: x is its input, so one application gives its output")
def tanh_twice(x):
    return tanh_grad(torch.tanh(x))


@tanh_mistake("is 1 - tanh(x): the square is missing")
def square_missing(x):
    return 1 - torch.tanh(x)


@tanh_mistake("is 1 + y^2 for the output y (the tangent's rule): look at the sign")
def tanh_plus(x):
    return 1 + torch.tanh(x) ** 2


@tanh_mistake("is y (1 - y) for the output y, which belongs to the sigmoid")
def sigmoid_rule_for_tanh(x):
    y = torch.tanh(x)
    return y * (1 - y)


@tanh_mistake("squares the difference: only tanh(x) is squared")
def difference_squared(x):
    return (1 - torch.tanh(x)) ** 2


@tanh_mistake("squares x before tanh: the output is squared")
def square_of_input(x):
    return 1 - torch.tanh(x**2)


@tanh_mistake("the sign is wrong: a rising function has a positive slope")
def tanh_sign(x):
    return -tanh_grad(x)


@tanh_mistake("returns tanh itself")
def tanh_itself(x):
    return torch.tanh(x)


@tanh_mistake("is the square of tanh: subtract it from 1")
def tanh_squared(x):
    return torch.tanh(x) ** 2


@tanh_mistake("is 1 / cosh(x): the square is missing")
def one_over_cosh(x):
    return 1 / torch.cosh(x)


@tanh_mistake(
    "the exponentials overflow, and infinity over infinity is nan: use the output of tanh",
    loses=("tanh_far_out",),
)
def tanh_exponentials_overflow(x):
    up, down = torch.exp(x), torch.exp(-x)
    return 1 - ((up - down) / (up + down)) ** 2


# any of the three ------------------------------------------------------------------------------

FUNCTIONS = {"relu_grad": relu_grad, "sigmoid_grad": sigmoid_grad, "tanh_grad": tanh_grad}


def any_mistake(explanation):
    """A mistake in how a right result is made, by one of the functions or by all: it gets the right one."""

    def register(spoil):
        @mistake(explanation, of=tuple(FUNCTIONS), which=(*FUNCTIONS, "all"))
        @functools.wraps(spoil)
        def wrong(which):
            return [spoil(right) if which in (name, "all") else right for name, right in FUNCTIONS.items()]

        return wrong

    return register


@any_mistake("changes x itself: build new tensors instead of writing into the argument")
def in_place(right):
    return lambda x: x.data.copy_(right(x))


@any_mistake("adds up the derivatives: every entry has one of its own")
def summed(right):
    return lambda x: right(x).sum()


@any_mistake("returns float32 for a float64 x: the result has the dtype of x")
def always_float32(right):
    return lambda x: right(x).float()


@any_mistake("cannot be used while x requires gradients: Tensor.numpy() refuses such tensors")
def by_numpy(right):
    return lambda x: right(torch.from_numpy(x.numpy()))
