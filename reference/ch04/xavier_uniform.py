"""Xavier initialisation: oracle, what tells its mistakes apart, and known mistakes."""

import functools
import itertools
import math

import torch
from torch import nn

from dlex.grading import features, mistake, opposite_entries
from dlex.grading.statistics import FALSE_ALARM, are_independent, distribution_test


def xavier_uniform(fan_in, fan_out, generator=None):
    return nn.init.xavier_uniform_(torch.empty(fan_in, fan_out), generator=generator)


def _bound(i, o):
    return math.sqrt(6 / (i + o))


# What does not depend on luck ------------------------------------------------------------------

MANY = 1_000  # entries from which on two draws are never equal by chance
LARGE = 20_000  # entries from which on spreads are told apart, and deviations are exact to 3 %

DEVIATIONS = {  # times the root of 3: the bounds of uniform numbers that learners use
    "sqrt(6 / (in + out))": _bound,
    "half of it": lambda i, o: _bound(i, o) / 2,
    "sqrt(2 / (in + out))": lambda i, o: _bound(i, o) / math.sqrt(3),
    "sqrt(18 / (in + out))": lambda i, o: _bound(i, o) * math.sqrt(3),
    "sqrt(3 / (in + out))": lambda i, o: _bound(i, o) / math.sqrt(2),
    "sqrt(12 / (in + out))": lambda i, o: _bound(i, o) * math.sqrt(2),
    "sqrt(1 / (in + out))": lambda i, o: _bound(i, o) / math.sqrt(6),
    "2 / (in + out)": lambda i, o: 2 / (i + o),
    "5 / 3 of it": lambda i, o: _bound(i, o) * 5 / 3,
    "6 / (in + out)": lambda i, o: 6 / (i + o),
    "sqrt(6) / (in + out)": lambda i, o: math.sqrt(6) / (i + o),
    "sqrt(6 / (in * out))": lambda i, o: math.sqrt(6 / (i * o)),
    "sqrt(6 / in)": lambda i, o: math.sqrt(6 / i),
    "sqrt(3 / in)": lambda i, o: math.sqrt(3 / i),
    "sqrt(1 / in)": lambda i, o: math.sqrt(1 / i),
    "sqrt(6 / out)": lambda i, o: math.sqrt(6 / o),
    "sqrt(3 / out)": lambda i, o: math.sqrt(3 / o),
    "sqrt(1 / out)": lambda i, o: math.sqrt(1 / o),
    "sqrt(12) / (in + out)": lambda i, o: math.sqrt(12) / (i + o),
    "1": lambda i, o: 1.0,
    "sqrt(3)": lambda i, o: math.sqrt(3),
    "0.01 sqrt(3)": lambda i, o: 0.01 * math.sqrt(3),
}
SPREADS = {  # probabilities to be below x, for numbers whose root mean square is 1
    "uniform": lambda x: ((x / math.sqrt(3) + 1) / 2).clamp(0, 1),
    "uniform from 0": lambda x: (x / math.sqrt(3)).clamp(0, 1),
    "normal": torch.special.ndtr,
}


@features()
def behaviour(examples):
    """Repetitions within calls and between them, then spread and size."""
    large = [draw for example in examples for draw in example if draw.value.numel() >= LARGE]
    many = [draw for example in examples for draw in example if draw.value.numel() >= MANY]
    copies = {copy for draw in many for copy in _copies(draw.value)}
    yield copies
    if not copies:
        spreads = [
            name for name, below in SPREADS.items() if all(_may_be(draw.value, below) for draw in large)
        ]
        yield spreads or None
        yield [
            name for name, rule in DEVIATIONS.items() if all(_has_size(draw, rule) for draw in large)
        ] or None
        yield all(_independent(draw.value) for draw in large)
    yield [_repeats(example) for example in examples]


def _copies(W):
    """Which dimensions of a matrix hold the same numbers over and over."""
    return {d for d in range(2) if W.shape[d] > 1 and bool((W.narrow(d, 0, 1) == W).all())}


def _deviation(W):
    return W.double().square().mean().sqrt()


def _may_be(W, below):
    return distribution_test(W.double() / _deviation(W), below) >= FALSE_ALARM


def _has_size(draw, rule):
    wanted = rule(draw.arguments["fan_in"], draw.arguments["fan_out"]) / math.sqrt(3)
    return abs(float(_deviation(draw.value)) / wanted - 1) < 0.03


def _independent(W):
    return all(are_independent(first, second) for _what, first, second in opposite_entries(W.median() < W))


def _repeats(example):
    """Whether equal and different seeds, and calls without one, gave the same numbers twice."""
    many = [draw for draw in example if draw.value.numel() >= MANY]
    alike = [(a, b) for a, b in itertools.combinations(many, 2) if a.value.shape == b.value.shape]
    return [(_seeds(a, b), torch.equal(a.value, b.value)) for a, b in alike]


def _seeds(a, b):
    first, second = a.arguments.get("generator"), b.arguments.get("generator")
    if first is None or second is None:
        return first is second
    return first.initial_seed() == second.initial_seed()


# Mistakes --------------------------------------------------------------------------------------

BOUND = ("contract[single]", "contract[operations]", "worked_example", "any_size")
SIZE = (*BOUND, "variance")
SPREAD = (*BOUND, "spread")
EVERYTHING = (*SIZE, "spread")


def _uniform(bound, fan_in, fan_out, generator):
    return bound * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)


def wrong_bound(explanation, loses=EVERYTHING, **constants):
    """A mistake in the bound: a function of fan_in and fan_out."""

    def register(bound):
        @mistake(explanation, loses=loses, **constants)
        @functools.wraps(bound)
        def wrong(fan_in, fan_out, generator=None, **chosen):
            return _uniform(bound(fan_in, fan_out, **chosen), fan_in, fan_out, generator)

        return wrong

    return register


@wrong_bound(
    "takes the standard deviation for the bound: uniform numbers up to a have the deviation a / sqrt(3)"
)
def deviation_for_bound(fan_in, fan_out):
    return math.sqrt(2 / (fan_in + fan_out))


@wrong_bound("takes the variance for the bound: the variance of uniform numbers up to a is a^2 / 3")
def variance_for_bound(fan_in, fan_out):
    return 2 / (fan_in + fan_out)


@wrong_bound("the square root is missing from the bound")
def root_missing(fan_in, fan_out):
    return 6 / (fan_in + fan_out)


@wrong_bound("takes the square root of 6 alone: the whole quotient is under the root")
def root_of_six(fan_in, fan_out):
    return math.sqrt(6) / (fan_in + fan_out)


@wrong_bound("counts only the inputs: the bound depends on fan_in + fan_out", above=(6, 3, 1))
def only_fan_in(fan_in, fan_out, above):
    return math.sqrt(above / fan_in)


@wrong_bound("counts only the outputs: the bound depends on fan_in + fan_out", above=(6, 3, 1))
def only_fan_out(fan_in, fan_out, above):
    return math.sqrt(above / fan_out)


@wrong_bound("multiplies the numbers of inputs and outputs: the bound depends on their sum")
def product_of_fans(fan_in, fan_out):
    return math.sqrt(6 / (fan_in * fan_out))


@wrong_bound("has another number than 6 under the root", above=(1, 3, 12, 18))
def not_six(fan_in, fan_out, above):
    return math.sqrt(above / (fan_in + fan_out))


@wrong_bound("goes half as far as it should: rand() - 0.5 is between -1/2 and 1/2")
def half_as_wide(fan_in, fan_out):
    return _bound(fan_in, fan_out) / 2


@wrong_bound("multiplies by a gain for an activation: none is asked for")
def gain(fan_in, fan_out):
    return _bound(fan_in, fan_out) * 5 / 3


@wrong_bound("does not scale the random numbers with the numbers of inputs and outputs")
def not_scaled(fan_in, fan_out):
    return 1.0


@mistake(
    "draws from a normal distribution: uniform numbers are asked for, none beyond the bound", loses=SPREAD
)
def normal(fan_in, fan_out, generator=None):
    return torch.randn(fan_in, fan_out, generator=generator) * math.sqrt(2 / (fan_in + fan_out))


@mistake(
    "draws from a normal distribution of another size: uniform numbers are asked for, none beyond the bound",
    loses=EVERYTHING,
    deviation=(_bound, lambda i, o: 0.01, lambda i, o: 1.0, lambda i, o: 2 / (i + o)),
)
def normal_of_other_size(fan_in, fan_out, generator=None, deviation=_bound):
    return torch.randn(fan_in, fan_out, generator=generator) * deviation(fan_in, fan_out)


@mistake("draws positive numbers only: weights are between -a and a", loses=("centred", "spread"))
def positive_only(fan_in, fan_out, generator=None):
    return _bound(fan_in, fan_out) * torch.rand(fan_in, fan_out, generator=generator)


@mistake(
    "draws from 0 to 2 a: the interval has the right width, but weights are between -a and a",
    loses=(*EVERYTHING, "centred"),
)
def not_shifted(fan_in, fan_out, generator=None):
    return 2 * _bound(fan_in, fan_out) * torch.rand(fan_in, fan_out, generator=generator)


@mistake("draws one row and repeats it: every entry needs a random number of its own")
def row_repeated(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), 1, fan_out, generator).repeat(fan_in, 1)


@mistake("draws one column and repeats it: every entry needs a random number of its own")
def column_repeated(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, 1, generator).repeat(1, fan_out)


@mistake("draws one number for all entries: every entry needs a random number of its own")
def one_number(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), 1, 1, generator).repeat(fan_in, fan_out)


@mistake("the result is transposed: it has the shape (fan_in, fan_out)")
def transposed(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_out, fan_in, generator)


@mistake("returns float64: float32 is asked for")
def float64_result(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator).double()


@mistake("does not draw from the generator that it is given", loses=("generator",))
def ignores_generator(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, None)


@mistake("seeds the generator that it is given, so that all seeds give the same", loses=("generator",))
def seeds_generator(fan_in, fan_out, generator=None):
    if generator is not None:
        generator.manual_seed(0)
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator)


@mistake(
    "gives the same weights in every call: without a generator, draw from torch's global one as it is",
    loses=("fresh_weights",),
)
def same_every_call(fan_in, fan_out, generator=None):
    if generator is None:
        torch.manual_seed(0)
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator)


@mistake(
    "gives the same weights in every call, whatever the generator is: it seeds one of its own",
    loses=("fresh_weights", "generator"),
)
def same_always(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, torch.Generator().manual_seed(0))
