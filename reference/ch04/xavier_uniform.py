"""Xavier initialisation: oracle, what tells its mistakes apart, and known mistakes."""

import functools
import itertools
import math

import numpy as np
import torch
from torch import nn

from dlex.grading import features, mistake, opposite_entries
from dlex.grading.statistics import are_independent, distribution_test


def xavier_uniform(fan_in, fan_out, generator=None):
    return nn.init.xavier_uniform_(torch.empty(fan_in, fan_out), generator=generator)


def _bound(i, o):
    return math.sqrt(6 / (i + o))


# What does not depend on luck ------------------------------------------------------------------

MANY = 1_000  # entries from which on two draws are never equal by chance, and dependence is read
RARE = 1e-5  # how often a law may be overlooked; a name is only given where its law fits better

BOUNDS = {  # of uniform numbers, as learners write them
    "sqrt(6 / (in + out))": _bound,
    "half of it": lambda i, o: _bound(i, o) / 2,
    "5 / 3 of it": lambda i, o: _bound(i, o) * 5 / 3,
    "sqrt(12 / (in + out))": lambda i, o: math.sqrt(12 / (i + o)),
    "sqrt(3 / (in + out))": lambda i, o: math.sqrt(3 / (i + o)),
    "sqrt(2 / (in + out))": lambda i, o: math.sqrt(2 / (i + o)),
    "sqrt(1 / (in + out))": lambda i, o: math.sqrt(1 / (i + o)),
    "2 / (in + out)": lambda i, o: 2 / (i + o),
    "6 / (in + out)": lambda i, o: 6 / (i + o),
    "sqrt(6) / (in + out)": lambda i, o: math.sqrt(6) / (i + o),
    "sqrt(6 / (in * out))": lambda i, o: math.sqrt(6 / (i * o)),
    "sqrt(6 / in)": lambda i, o: math.sqrt(6 / i),
    "sqrt(3 / in)": lambda i, o: math.sqrt(3 / i),
    "sqrt(1 / in)": lambda i, o: math.sqrt(1 / i),
    "sqrt(6 / out)": lambda i, o: math.sqrt(6 / o),
    "sqrt(3 / out)": lambda i, o: math.sqrt(3 / o),
    "sqrt(1 / out)": lambda i, o: math.sqrt(1 / o),
    "1": lambda i, o: 1.0,
}
FROM_ZERO = {"a": _bound, "2 a": lambda i, o: 2 * _bound(i, o)}
DEVIATIONS = {  # of normal numbers
    "sqrt(2 / (in + out))": lambda i, o: math.sqrt(2 / (i + o)),
    "sqrt(6 / (in + out))": _bound,
    "2 / (in + out)": lambda i, o: 2 / (i + o),
    "1": lambda i, o: 1.0,
    "0.01": lambda i, o: 0.01,
}
SPREADS = {  # the scales that are used with each, its mean square, and probabilities to be below x
    "uniform": (BOUNDS, 1 / 3, lambda x: ((x + 1) / 2).clamp(0, 1)),
    "uniform from 0": (FROM_ZERO, 1 / 3, lambda x: x.clamp(0, 1)),
    "normal": (DEVIATIONS, 1.0, torch.special.ndtr),
}


@features()
def behaviour(examples):
    """Repetitions within calls and between them, then which numbers are drawn."""
    calls = [draw for example in examples for draw in example]
    copies = {copy for draw in calls if draw.value.numel() >= MANY for copy in _copies(draw.value)}
    yield copies
    yield [_repeats(example) for example in examples]
    if not copies:
        yield ("the same again", _is_right(calls)) if _draws_again(calls) else _law(calls)
        yield all(_independent(draw.value) for draw in calls if draw.value.numel() >= MANY)


def _copies(W):
    """Which dimensions of a matrix hold the same numbers over and over."""
    return {d for d in range(2) if W.shape[d] > 1 and bool((W.narrow(d, 0, 1) == W).all())}


def _repeats(example):
    """Whether equal and different seeds, and calls without one, gave the same numbers twice."""
    many = [draw for draw in example if draw.value.numel() >= MANY]
    alike = [(a, b) for a, b in itertools.combinations(many, 2) if a.value.shape == b.value.shape]
    return [(_seeds(a, b), torch.equal(a.value, b.value), _same_numbers(a, b)) for a, b in alike]


def _same_numbers(a, b):
    return torch.equal(a.value.flatten().sort().values, b.value.flatten().sort().values)


def _seeds(a, b):
    first, second = a.arguments.get("generator"), b.arguments.get("generator")
    if first is None or second is None:
        return first is second
    return first.initial_seed() == second.initial_seed()


def _draws_again(calls):
    """Whether two calls got the same random numbers: ratios of entries do not depend on the scale."""
    known = [draw.value.double().flatten()[:4] for draw in calls if draw.value.numel() >= 4]
    return len({tuple(f"{ratio:.5g}" for ratio in x[1:] / x[0]) for x in known}) < len(known)


def _is_right(calls):
    """Whether the largest of some calls may be right. Calls that are not independent cannot be judged
    together."""
    largest = max(calls, key=lambda draw: draw.value.numel())
    bound = _bound(largest.arguments["fan_in"], largest.arguments["fan_out"])
    _scales, _mean_square, below = SPREADS["uniform"]
    return distribution_test(largest.value / bound, below) >= RARE


def _law(calls):
    """Which spread and scale fit the entries of all calls together; None if none does.

    For each spread, the scale is judged by the mean square, which is exact to a few percent. Of scales
    that are the same for all calls, up to 1 %, the first stands for the others.
    """
    fans = [(draw.arguments["fan_in"], draw.arguments["fan_out"]) for draw in calls]
    entries = [draw.value.double().flatten() for draw in calls]
    squares = np.array([float(each.square().sum()) for each in entries])
    counts, fits = np.array([len(each) for each in entries]), {}
    sides = _sides(fans)
    for spread, (scales, mean_square, below) in SPREADS.items():
        each = {name: np.array([rule(*sizes) for sizes in fans]) for name, rule in scales.items()}
        off = {name: _off(squares / s**2 / mean_square, counts, sides) for name, s in each.items()}
        nearest = next(name for name, error in off.items() if error < min(off.values()) + 0.01)
        if off[nearest] < 0.1:
            sample = torch.cat([x / s for x, s in zip(entries, each[nearest], strict=True)])
            fits[spread, nearest] = distribution_test(sample, below)
    best = max(fits, key=fits.get, default=None)
    return best if best and fits[best] >= RARE else None


def _sides(fans):
    """Which calls have more inputs than outputs, and which have not; only what there is of the two."""
    more = np.array([fan_in > fan_out for fan_in, fan_out in fans])
    return [side for side in (more, ~more) if side.any()]


def _off(sums, counts, sides):
    """How far mean squares are from 1. Too large with many inputs and too small with many outputs do not
    make up for each other."""
    entries = np.array([counts[side].sum() for side in sides])
    means = np.array([sums[side].sum() for side in sides]) / entries
    return math.sqrt(np.average((means - 1) ** 2, weights=entries))


def _independent(W):
    return all(are_independent(first, second) for _what, first, second in opposite_entries(W.median() < W))


# Mistakes --------------------------------------------------------------------------------------

BOUND = ("contract[single]", "contract[operations]", "worked_example", "any_size")
SIZE = (*BOUND, "variance")
SPREAD = (*BOUND, "spread")
EVERYTHING = (*SIZE, "spread")


def _uniform(bound, fan_in, fan_out, generator):
    return bound * (2 * torch.rand(fan_in, fan_out, generator=generator) - 1)


def wrong_bound(explanation, hint, loses=EVERYTHING, **constants):
    """A mistake in the bound: a function of fan_in and fan_out."""

    def register(bound):
        @mistake(explanation, hint=hint, loses=loses, **constants)
        @functools.wraps(bound)
        def wrong(fan_in, fan_out, generator=None, **chosen):
            return _uniform(bound(fan_in, fan_out, **chosen), fan_in, fan_out, generator)

        return wrong

    return register


@wrong_bound(
    "takes the standard deviation for the bound: uniform numbers up to a have the deviation a / sqrt(3)",
    hint="Print W.std() and W.abs().max() for fan_in = 350 and fan_out = 50. Which of the two should be sqrt(2 / 400) = 0.0707, and which one is?",
)
def deviation_for_bound(fan_in, fan_out):
    return math.sqrt(2 / (fan_in + fan_out))


@wrong_bound(
    "takes the variance for the bound: the variance of uniform numbers up to a is a^2 / 3",
    hint="Print W.var() and W.abs().max() for fan_in = 350 and fan_out = 50. Which of the two should be 2 / 400 = 0.005, and which one is?",
)
def variance_for_bound(fan_in, fan_out):
    return 2 / (fan_in + fan_out)


@wrong_bound(
    "the square root is missing from the bound",
    hint="Print W.abs().max() for fan_in = 350 and fan_out = 50, beside the square of the docstring's 0.1225. What do you notice?",
)
def root_missing(fan_in, fan_out):
    return 6 / (fan_in + fan_out)


@wrong_bound(
    "takes the square root of 6 alone: the whole quotient is under the root",
    hint="For fan_in = 2 and fan_out = 4, what is under the statement's root, and what is under yours? Which bounds come out?",
)
def root_of_six(fan_in, fan_out):
    return math.sqrt(6) / (fan_in + fan_out)


@wrong_bound(
    "counts only the inputs: the bound depends on fan_in + fan_out",
    hint="Print W.abs().max() for fan_in = 60, once with fan_out = 60, once with fan_out = 6000. Should the two be alike, and are they?",
    above=(6, 3, 1),
)
def only_fan_in(fan_in, fan_out, above):
    return math.sqrt(above / fan_in)


@wrong_bound(
    "counts only the outputs: the bound depends on fan_in + fan_out",
    hint="Print W.abs().max() for fan_out = 60, once with fan_in = 60, once with fan_in = 6000. Should the two be alike, and are they?",
    above=(6, 3, 1),
)
def only_fan_out(fan_in, fan_out, above):
    return math.sqrt(above / fan_out)


@wrong_bound(
    "multiplies the numbers of inputs and outputs: the bound depends on their sum",
    hint="Work out your bound and the statement's for fan_in = fan_out = 2 and for fan_in = fan_out = 20. Why do they agree in only one of the cases?",
)
def product_of_fans(fan_in, fan_out):
    return math.sqrt(6 / (fan_in * fan_out))


@wrong_bound(
    "has another number than 6 under the root",
    hint="For fan_in = 350 and fan_out = 50, divide the statement's variance 2 / 400 by W.var(). What does the quotient say about the number under your root?",
    above=(1, 3),
)
def not_six(fan_in, fan_out, above):
    return math.sqrt(above / (fan_in + fan_out))


@wrong_bound(
    "goes half as far as it should: rand() - 0.5 is between -1/2 and 1/2",
    hint="Follow 0 and 1, the ends of what torch.rand gives, through your code. Where do they come out, and where should they?",
)
def half_as_wide(fan_in, fan_out):
    return _bound(fan_in, fan_out) / 2


@wrong_bound(
    "the bound is too large by a factor like the gain for an activation, the root of 2 or 5/3",
    hint="In the docstring's example no weight is beyond 0.1225. How far do yours go, and what in your bound is not in the statement's?",
    factor=(5 / 3, math.sqrt(2)),
)
def gain(fan_in, fan_out, factor):
    return _bound(fan_in, fan_out) * factor


@wrong_bound(
    "does not scale the random numbers with the numbers of inputs and outputs",
    hint="Print W.abs().max() for fan_in = fan_out = 10 and for 1000. Should the two be alike? Where do the sizes do more in your code than give the shape?",
)
def not_scaled(fan_in, fan_out):
    return 1.0


@mistake(
    "draws from a normal distribution: uniform numbers are asked for, none beyond the bound",
    hint="How many of the 17500 weights for fan_in = 350 and fan_out = 50 are beyond 0.1225 in size, and how many should be?",
    loses=SPREAD,
)
def normal(fan_in, fan_out, generator=None):
    return torch.randn(fan_in, fan_out, generator=generator) * math.sqrt(2 / (fan_in + fan_out))


@mistake(
    "draws from a normal distribution of another size: uniform numbers are asked for, none beyond the bound",
    hint="Print torch.histc(W, bins=10) and W.std() for fan_in = 350 and fan_out = 50. Should the ten counts be alike, and the deviation 0.0707?",
    loses=EVERYTHING,
    deviation=(_bound, lambda i, o: 0.01, lambda i, o: 1.0, lambda i, o: 2 / (i + o)),
)
def normal_of_other_size(fan_in, fan_out, generator=None, deviation=_bound):
    return torch.randn(fan_in, fan_out, generator=generator) * deviation(fan_in, fan_out)


@mistake(
    "draws positive numbers only: weights are between -a and a",
    hint="Follow 0 and 1, the ends of what torch.rand gives, through your code. Where do they come out, and where should they?",
    loses=("centred", "spread"),
)
def positive_only(fan_in, fan_out, generator=None):
    return _bound(fan_in, fan_out) * torch.rand(fan_in, fan_out, generator=generator)


@mistake(
    "draws from 0 to 2 a: the interval has the right width, but weights are between -a and a",
    hint="Print W.mean() for fan_in = 350 and fan_out = 50. Where is the middle of your interval, and where should it be?",
    loses=(*EVERYTHING, "centred"),
)
def not_shifted(fan_in, fan_out, generator=None):
    return 2 * _bound(fan_in, fan_out) * torch.rand(fan_in, fan_out, generator=generator)


@mistake(
    "shuffles fixed numbers: every entry is drawn on its own, so that other numbers come in each call",
    hint="Print the sorted weights of two calls, for fan_in = 2 and fan_out = 3. Which numbers come in both, and what is it that chance decides?",
    loses=("independent_entries", "fresh_weights"),
)
def shuffled(fan_in, fan_out, generator=None):
    bound, count = _bound(fan_in, fan_out), fan_in * fan_out
    numbers = torch.linspace(-bound, bound, count)
    return numbers[torch.randperm(count, generator=generator)].reshape(fan_in, fan_out)


@mistake(
    "draws one row and repeats it: every entry needs a random number of its own",
    hint="Print W for fan_in = 3 and fan_out = 4. How many different numbers are in it, and how many should there be?",
)
def row_repeated(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), 1, fan_out, generator).repeat(fan_in, 1)


@mistake(
    "draws one column and repeats it: every entry needs a random number of its own",
    hint="Print W for fan_in = 3 and fan_out = 4. How many different numbers are in it, and how many should there be?",
)
def column_repeated(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, 1, generator).repeat(1, fan_out)


@mistake(
    "all entries are the same number: each of them needs a random number of its own, as large as the bound allows",
    hint="Print W and your bound for fan_in = 30 and fan_out = 40. How many different numbers are in W, and is there a // in the bound that leaves 0 of it?",
)
def one_number(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), 1, 1, generator).repeat(fan_in, fan_out)


@mistake(
    "the result is transposed: it has the shape (fan_in, fan_out)",
    hint="Print W.shape for fan_in = 2 and fan_out = 5. Which of your lines decides the order of the two?",
)
def transposed(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_out, fan_in, generator)


@mistake(
    "returns float64: float32 is asked for",
    hint="Print the dtype after each of your lines. Which one brings float64 in, and is it needed?",
)
def float64_result(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator).double()


@mistake(
    "does not draw from the generator that it is given",
    hint="Which of your calls draws the random numbers, and which of its arguments could be the generator?",
    loses=("generator",),
)
def ignores_generator(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, None)


@mistake(
    "sets a seed when it is given a generator, so that all seeds give the same",
    hint="Which of your lines sets a seed, and which seed is that if the generator was seeded with 7 by whoever calls?",
    loses=("generator",),
)
def seeds_generator(fan_in, fan_out, generator=None):
    if generator is not None:
        generator.manual_seed(0)
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator)


@mistake(
    "gives the same weights in every call: without a generator, draw from torch's global one as it is",
    hint="Call it twice in a row. Which line sends the random numbers back to their beginning?",
    loses=("fresh_weights",),
)
def same_every_call(fan_in, fan_out, generator=None):
    if generator is None:
        torch.manual_seed(0)
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, generator)


@mistake(
    "gives the same weights in every call, whatever the generator is: a seed is set in the function",
    hint="Where do your random numbers come from, and what was done to that generator just before?",
    loses=("fresh_weights", "generator"),
)
def same_always(fan_in, fan_out, generator=None):
    return _uniform(_bound(fan_in, fan_out), fan_in, fan_out, torch.Generator().manual_seed(0))
