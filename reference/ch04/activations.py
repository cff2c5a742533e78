"""relu, sigmoid and tanh: oracle and known mistakes."""

import functools

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def relu(x):
    return F.relu(x)


def sigmoid(x):
    return torch.sigmoid(x)


def tanh(x):
    return torch.tanh(x)


relu_mistake = functools.partial(mistake, of="relu")
sigmoid_mistake = functools.partial(mistake, of="sigmoid")
tanh_mistake = functools.partial(mistake, of="tanh")

# relu ------------------------------------------------------------------------------------------


@relu_mistake(
    "lets a part of the negative numbers through (a leaky relu): they become 0",
    hint="Print your result for x = -100. Which number in your code does it come from, and what should stand there?",
    slope=(0.01, 0.1, 0.2, 0.05, 0.001, 0.3),
)
def leaky(x, slope):
    return torch.where(x > 0, x, slope * x)


@relu_mistake(
    "takes absolute values: negative numbers become 0, not positive",
    hint="Which is the larger of -3 and 0? Follow x = -3 through your code to the line that takes away its sign.",
)
def absolute(x):
    return x.abs()


@relu_mistake(
    "returns 0 and 1: a positive number stays what it is",
    hint="What do you return for x = 3 and for x = 7? What could your zeros and ones do to x, so that 3 stays 3?",
)
def step(x):
    return torch.where(x > 0, 1.0, 0.0)


@relu_mistake(
    "keeps the negative numbers instead of the positive ones",
    hint="Follow x = -3 and x = 2 through your code: which of them survives, and is your 0 an upper bound or a lower one?",
)
def negative_part(x):
    return torch.clamp(x, max=0)


@relu_mistake(
    "returns -x for negative x, and 0 for positive: it is the other way round, without the sign",
    hint="Follow x = -3 and x = 2 through your code: what becomes of each, and at which minus sign or comparison do they change places?",
)
def of_minus_x(x):
    return torch.clamp(-x, min=0)


@relu_mistake(
    "does not change anything: negative numbers become 0",
    hint="Follow x = -3 through your code. Which line should find out that it is below 0, and what does that line do with it?",
)
def identity(x):
    return x * 1


@relu_mistake(
    "cuts off at the top as well: positive numbers stay what they are",
    hint="What do you return for x = 100, and which number in your code is that?",
    most=(1, 6),
)
def cut_at_the_top(x, most):
    return torch.clamp(x, 0, most)


@relu_mistake(
    "is the softplus, log(1 + exp(x)), a smooth version of relu",
    hint="What do you return for x = 0, and what is the larger of 0 and 0? Does the statement's formula of relu have a logarithm?",
)
def softplus(x):
    return F.softplus(x)


@relu_mistake(
    "goes on below 0 as exp(x) - 1 (an elu): negative numbers become 0",
    hint="What do you return for x = -100? Does the statement's formula of relu have an exponential?",
)
def elu(x):
    return F.elu(x)


@relu_mistake(
    "takes one maximum of the whole tensor: every number is compared with 0 by itself",
    hint="Print your result for x = [-1, 2, 3]. How many numbers should it have, and of which two is each of them the larger one?",
)
def one_maximum(x):
    return torch.clamp(x.max(), min=0)


# sigmoid ---------------------------------------------------------------------------------------


@sigmoid_mistake(
    "the sign in the exponent is wrong: the result falls where it should rise",
    hint="Print what your exp gets for x = 5, and your result. Is the result near 0 or near 1, and which should it be?",
)
def falling(x):
    return torch.sigmoid(-x)


@sigmoid_mistake(
    "exp(-x) overflows for very negative x. The result is still right, since 1 over infinity is 0, but its "
    "gradient is 0 times infinity, which is nan. Which exponents are never above 0?",
    hint="Take x = -1000: by what could you multiply numerator and denominator so that no exponent is above 0? Does the new fraction suit x = 1000 too?",
    loses=("sigmoid_far_out",),
)
def exp_overflows(x):
    return 1 / (1 + torch.exp(-x))


@sigmoid_mistake(
    "exp(x) overflows for large x, and infinity over infinity is nan. Which exponents are never above 0?",
    hint="Take x = 1000: by what could you divide numerator and denominator so that no exponent is above 0? Does the new fraction suit x = -1000 too?",
    loses=("sigmoid_far_out",),
)
def exp_over_exp_overflows(x):
    return torch.exp(x) / (1 + torch.exp(x))


@sigmoid_mistake(
    "computes both formulas for all x and picks one with where: the result is right, but the gradient passes "
    "through the other formula as well, where 0 meets an infinity. Make its exponent harmless before exp.",
    hint="Print what each of your exps gets for x = 1000. The result of one of them is thrown away: which other number could that one get there?",
    loses=("sigmoid_far_out",),
)
def where_after_exp(x):
    return torch.where(x >= 0, 1 / (1 + torch.exp(-x)), torch.exp(x) / (1 + torch.exp(x)))


@sigmoid_mistake(
    "cuts x off too early: at the ends, the result is still away from 0 and 1",
    hint="Print your result for x = -1000. How far is it from 0, and below which x does your function no longer fall?",
    bound=(1, 2, 3, 5, 6, 10, 15, 20),
)
def sigmoid_cut_off(x, bound):
    return torch.sigmoid(x.clamp(-bound, bound))


@sigmoid_mistake(
    "the gradient at x = 0 comes out as 0, that of |x| or of a number put in there: it should be 1/4",
    hint="Print the gradient of your sigmoid at x = 0 and at x = 0.001, then that of x.abs(). How could you write it so that torch takes the slope of one side at 0 as well?",
    loses=("sigmoid_slope_at_zero",),
)
def sigmoid_by_abs(x):
    z = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + z), z / (1 + z))


@sigmoid_mistake(
    "consists of straight lines (a hard sigmoid): use the exponential",
    hint="Put x = 3 into the statement's formula by hand, with exp(-3) = 0.05, and then into your code. Where in your lines is the e of the formula?",
    slope=(1 / 6, 0.2, 0.25),
)
def hard_sigmoid(x, slope):
    return (slope * x + 0.5).clamp(0, 1)


@sigmoid_mistake(
    "is tanh: the range should be from 0 to 1, and sigmoid(0) = 1/2",
    hint="Put x = 0 and x = -1000 into the statement's formulas of sigmoid and of tanh. Which of the two does your sigmoid follow, and in which line?",
)
def tanh_for_sigmoid(x):
    return torch.tanh(x)


@sigmoid_mistake(
    "rises too fast: it is the sigmoid of 2x. Look at how tanh and sigmoid are connected.",
    hint="The statement's formula gives 0.731 for x = 1. For which x do you return that number, and how would x have to change before your formula gets it?",
)
def sigmoid_of_twice_x(x):
    return (torch.tanh(x) + 1) / 2


@sigmoid_mistake(
    "returns the logarithm of the sigmoid",
    hint="You return -0.693 for x = 0, where 1/2 is asked for. Which function turns the one into the other, and which of your lines does the opposite?",
)
def log_sigmoid(x):
    return F.logsigmoid(x)


@sigmoid_mistake(
    "returns the derivative of the sigmoid",
    hint="Compare your results for x = -5 and for x = 5. Which of the two should be near 1, and in which line does it stop being so?",
)
def sigmoid_slope(x):
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))


@sigmoid_mistake(
    "makes all results add up to 1 (a softmax): every number is on its own",
    hint="What do you return for three zeros, and what should each of them become? Over which numbers does your code add up?",
    dim=(0, -1, None),
)
def softmax(x, dim):
    if dim is None:
        return torch.softmax(x.flatten(), 0).reshape(x.shape)
    return torch.softmax(x, dim)


@sigmoid_mistake(
    "the 1 in the denominator is missing",
    hint="What do you return for x = 10? Which number must a denominator exceed, so that 1 over it stays below 1, and does yours?",
)
def exp_alone(x):
    return 1 / torch.exp(-x)


@sigmoid_mistake(
    "rounds to 0 and 1",
    hint="Compare your results for x = 0.1 and for x = 3. Which of your lines makes them the same?",
)
def rounded(x):
    return (torch.sigmoid(x) > 0.5).to(x.dtype)


# tanh ------------------------------------------------------------------------------------------


@tanh_mistake(
    "is 2 sigmoid(x) - 1, which rises too slowly: that is tanh(x / 2)",
    hint="The statement's formula gives 0.762 for x = 1. For which x do you return that number, and how would x have to change before your formula gets it?",
)
def tanh_of_half_x(x):
    return torch.tanh(x / 2)


@tanh_mistake(
    "is a sigmoid: the range should be from -1 to 1, and tanh(0) = 0",
    hint="How must the range from 0 to 1 be stretched and moved to become the range from -1 to 1?",
    scale=(1, 2),
)
def sigmoid_for_tanh(x, scale):
    return torch.sigmoid(scale * x)


@tanh_mistake(
    "exp(x) and exp(-x) overflow, and infinity over infinity is nan. Which exponents are never above 0?",
    hint="Take x = 1000: by what could you divide numerator and denominator so that no exponent is above 0? And what for x = -1000?",
    loses=("tanh_far_out",),
)
def quotient_overflows(x):
    up, down = torch.exp(x), torch.exp(-x)
    return (up - down) / (up + down)


@tanh_mistake(
    "exp(-2x) overflows for very negative x, and infinity over infinity is nan. Which exponents are never "
    "above 0?",
    hint="Take x = -1000: by what could you multiply numerator and denominator so that no exponent is above 0? Does the new fraction suit x = 1000 too?",
    loses=("tanh_far_out",),
)
def exp_of_minus_2x_overflows(x):
    z = torch.exp(-2 * x)
    return (1 - z) / (1 + z)


@tanh_mistake(
    "exp(2x) overflows for large x, and infinity over infinity is nan. Which exponents are never above 0?",
    hint="Take x = 1000: by what could you divide numerator and denominator so that no exponent is above 0? Does the new fraction suit x = -1000 too?",
    loses=("tanh_far_out",),
)
def exp_of_2x_overflows(x):
    z = torch.exp(2 * x)
    return (z - 1) / (z + 1)


@tanh_mistake(
    "the exponential overflows. The result may be right, since 1 over infinity is 0 and what where throws away "
    "does not show, but the gradient is 0 times infinity, which is nan. Which exponents are never above 0?",
    hint="Is your exp infinite for x = 1000 or for x = -1000? By what could you divide numerator and denominator there so that no exponent is above 0?",
    loses=("tanh_far_out",),
    formula=(lambda x: 1 - 2 / (1 + torch.exp(2 * x)), lambda x: 2 / (1 + torch.exp(-2 * x)) - 1),
)
def overflow_in_the_gradient(x, formula):
    return formula(x)


@tanh_mistake(
    "computes both formulas for all x and picks one with where: the result is right, but the gradient passes "
    "through the other formula as well, where 0 meets an infinity. Make its exponent harmless before exp.",
    hint="Print what each of your exps gets for x = 1000. The result of one of them is thrown away: which other number could that one get there?",
    loses=("tanh_far_out",),
)
def tanh_where_after_exp(x):
    down, up = torch.exp(-2 * x), torch.exp(2 * x)
    return torch.where(x >= 0, (1 - down) / (1 + down), (up - 1) / (up + 1))


@tanh_mistake(
    "cuts x off too early: at the ends, the result is still away from -1 and 1",
    hint="Print 1 minus your result for x = 1000 in float64. How far is it from 0, and above which x does your function no longer rise?",
    bound=(1, 2, 3, 5, 10),
)
def tanh_cut_off(x, bound):
    return torch.tanh(x.clamp(-bound, bound))


@tanh_mistake(
    "the gradient at x = 0 comes out as 0, that of |x|, sign(x) or a number put in there: it should be 1",
    hint="Print the gradient of your tanh at x = 0, then those of x.abs() and of torch.sign(x). What could tell the two sides of 0 apart without losing the slope of x?",
    loses=("tanh_slope_at_zero",),
)
def tanh_by_abs(x):
    z = torch.exp(-2 * x.abs())
    return torch.sign(x) * (1 - z) / (1 + z)


@tanh_mistake(
    "consists of straight lines (a hard tanh): use the exponential",
    hint="Put x = 1 into the statement's formula by hand, with exp(-2) = 0.135, and then into your code. Where in your lines is the e of the formula?",
)
def hard_tanh(x):
    return x.clamp(-1, 1)


@tanh_mistake(
    "is upside down: cosh over sinh",
    hint="What do you return for x = 0? Which half of the fraction should be 0 there, and which is it in yours?",
)
def coth(x):
    return 1 / torch.tanh(x)


@tanh_mistake(
    "the sign is wrong: tanh rises from -1 to 1",
    hint="Put x = 1 into the statement's fraction by hand, with exp(-2) = 0.135, and then into yours. Where does the sign turn?",
)
def falling_tanh(x):
    return torch.tanh(-x)


@tanh_mistake(
    "returns (exp(x) - exp(-x)) / 2, which is sinh: divide by exp(x) + exp(-x)",
    hint="What do you return for x = 10? What would have to grow along with the numerator, so that the result stays below 1?",
)
def sinh(x):
    return torch.sinh(x)


@tanh_mistake(
    "gives the tangent, a function of angles: the hyperbolic one is asked for",
    hint="What do you return for x = 3, and should it be negative? Which function stands in the statement's formula in place of sine and cosine?",
)
def tangent(x):
    return torch.tan(x)


# any of the three ------------------------------------------------------------------------------

FUNCTIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}


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
    hint="Which of your lines call something whose name ends in an underscore (exp_), use an operator like -= or assign to a part of a tensor? Is it x that they write to?",
)
def in_place(right):
    return lambda x: x.copy_(right(x))


@any_mistake(
    "cuts the result off from x: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
)
def detached(right):
    return lambda x: right(x).detach()


@any_mistake(
    "computes in float32, which has 7 digits: a float64 x needs 16",
    hint="Print the dtype after each of your lines for an x in float64: where does float64 become float32?",
)
def in_float32(right):
    return lambda x: right(x.float()).to(x.dtype)


@any_mistake(
    "returns float32 for a float64 x: the result has the dtype of x",
    hint="Print the dtype after each of your lines for an x in float64: where does float64 become float32?",
)
def always_float32(right):
    return lambda x: right(x).float()
