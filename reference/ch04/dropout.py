"""Dropout: oracle, what tells its mistakes apart, and known mistakes."""

import functools
import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F

from dlex.grading import features, mistake, opposite_entries
from dlex.grading.statistics import FALSE_ALARM, are_independent, binomial_test


def dropout(X, p, training=True, generator=None):
    _refuse(p)
    if generator is None:
        return F.dropout(X, p, training)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator.initial_seed())
        return F.dropout(X, p, training)


def _refuse(p):
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, must be from 0 to 1")


# What does not depend on luck ------------------------------------------------------------------

LARGE = 1_000  # entries from which on two masks are never equal by chance
LARGEST = 3_500  # entries from which on the shares below are told apart
SURE = -25.0  # logarithm of the odds that chance alone gives a pattern; patterns with more are not read

SCALES = {
    "1 / (1 - p)": lambda p: 1 / (1 - p),
    "1": lambda p: np.ones_like(p),
    "1 / p": lambda p: 1 / p,
    "1 - p": lambda p: 1 - p,
    "p": lambda p: p,
}
KEPT = {
    "1 - p": lambda p: 1 - p,
    "p": lambda p: p,
    "normal above p": lambda p: math.erfc(p / math.sqrt(2)) / 2,
    "normal below 1 - p": lambda p: math.erfc((p - 1) / math.sqrt(2)) / 2,
}


class Seen:
    """One call, in arrays: which entries were kept, and what p was for each of them."""

    def __init__(self, draw):
        self.p, self.training = draw.arguments["p"], draw.arguments.get("training", True)
        self.drops = self.training and 0 < self.p < 1
        self.generator = draw.arguments.get("generator")
        self.X, self.value = draw.arguments["X"].detach().numpy(), draw.value.numpy()
        self.kept = self.value != 0
        self.count = self.kept.sum()
        self.each_p = np.full(self.kept.size, self.p)
        self.gradient = self.weights = None
        if draw.gradients is not None:
            self.weights, self.gradient = draw.weights[0].numpy(), draw.gradients[0].numpy()


@features()
def behaviour(examples):
    """Scales, patterns, shares and repetitions; no more where there is no name for the scale."""
    yield [list(draw.value.shape) for example in examples for draw in example if not _fits(draw)]
    examples = [[Seen(draw) for draw in example if _fits(draw)] for example in examples]
    calls = [seen for example in examples for seen in example]
    inside = [seen for seen in calls if seen.drops]
    differentiated = [seen for seen in calls if seen.gradient is not None]
    scales = _scales(inside)
    yield scales
    if scales and "1 / (1 - p)" in scales:
        yield _precise([seen for seen in inside if seen.value.dtype == np.float64])
    yield _scales([seen for seen in calls if not seen.training and 0 < seen.p < 1])
    yield _kinds([seen for seen in calls if not seen.drops])
    yield all(np.array_equal(seen.gradient != 0, seen.kept) for seen in differentiated)
    yield _gradient_scales([seen for seen in differentiated if seen.drops])
    patterns = [
        (dims, _shared_dimensions([s for s in inside if s.kept.ndim == dims])) for dims in range(1, 5)
    ]
    yield patterns
    if not any(shared for _dims, shared in patterns):
        large = [seen for seen in inside if seen.kept.size >= LARGE]
        largest = [seen for seen in large if seen.kept.size >= LARGEST]
        yield [name for name, rule in KEPT.items() if all(_may_be(seen, rule) for seen in largest)]
        yield all(_independent(seen) for seen in large)
        yield _exact(inside)
        yield [_repeats(example) for example in examples]


def _fits(draw):
    return 0 <= draw.arguments["p"] <= 1 and draw.value.shape == draw.arguments["X"].shape


def _joined(arrays):
    return np.concatenate([np.empty(0), *(array.ravel() for array in arrays)])


def _scales(calls):
    """Which rules explain the ratios of all entries that are not 0."""
    kept = _joined([seen.kept for seen in calls]) != 0
    p = _joined([seen.each_p for seen in calls])[kept]
    value, X = _joined([seen.value for seen in calls])[kept], _joined([seen.X for seen in calls])[kept]
    return _rules(value / X, p)


def _gradient_scales(calls):
    """The same for gradients, over the weights that went in."""
    passed = _joined([seen.gradient for seen in calls]) != 0
    p = _joined([seen.each_p for seen in calls])[passed]
    weights = _joined([seen.weights for seen in calls])[passed]
    return _rules(_joined([seen.gradient for seen in calls])[passed] / weights, p)


def _rules(ratios, p):
    """Names of the scales that all ratios follow; None if there are ratios and no rule for them."""
    rules = [name for name, rule in SCALES.items() if np.all(abs(ratios / rule(p) - 1) < 1e-5)]
    noise = not rules and np.all((ratios >= 0) & (ratios * (1 - p) < 1.00001))
    if noise and len(np.unique(ratios)) > len(ratios) / 2:
        return ["uniform noise"]
    return rules or None


def _kinds(calls):
    """What becomes of entries where nothing, or everything, is to be dropped."""
    kinds = set()
    for seen in calls:
        value, special = seen.value, {"nan": np.isnan(seen.value), "inf": np.isinf(seen.value)}
        found = {**special, "zero": ~seen.kept, "same": value == seen.X}
        found["other"] = ~np.any(list(found.values()), axis=0)
        where = seen.p if seen.p in (0, 1) else "inside", seen.training
        kinds |= {(*where, name) for name, there in found.items() if there.any()}
    return kinds


def _precise(calls):
    """In which precision the scale of float64 entries was computed."""
    found = set()
    for seen in calls:
        ratios, scale, single = (seen.value / seen.X)[seen.kept], 1 / (1 - seen.p), np.float32(1 - seen.p)
        rounded = [np.float32(scale), np.float32(1) / single, 1 / np.float64(single)]
        if not np.allclose(ratios, scale, 1e-9, 0):
            found.add(
                any(np.allclose(ratios, np.float64(other), 1e-13, 0) for other in rounded) and "float32"
            )
    return found if False not in found else None


def _shared_dimensions(calls):
    """Along which dimensions all entries were kept or dropped together, more often than by chance.

    A dimension is judged after the others that look shared are cut down to their first entry: these
    do not add to the evidence.
    """
    if not calls:
        return []
    looks = [d for d in range(calls[0].kept.ndim) if all(_constant(seen.kept, d) for seen in calls)]
    return [d for d in looks if sum(_log_odds(seen, d, looks) for seen in calls) < SURE]


def _constant(mask, dimension):
    return bool((mask == mask.take([0], dimension)).all())


def _log_odds(seen, dimension, looks):
    """Logarithm of the odds that independent entries are equal along this dimension."""
    shape = [1 if d in looks and d != dimension else size for d, size in enumerate(seen.kept.shape)]
    size = shape[dimension]
    rare, common = sorted((seen.p, 1 - seen.p))
    return math.prod(shape) / size * (size * math.log(common) + math.log1p((rare / common) ** size))


def _may_be(seen, rule):
    return binomial_test(int(seen.count), seen.kept.size, rule(seen.p)) >= FALSE_ALARM


def _independent(seen):
    pairs = opposite_entries(torch.from_numpy(seen.kept))
    return all(are_independent(first, second) for _what, first, second in pairs)


def _exact(calls):
    """Whether every result dropped just the expected number of entries."""
    odds = 0.0
    for seen in calls:
        if abs(seen.count - (1 - seen.p) * seen.kept.size) > 1.01:
            return False
        variance = seen.kept.size * seen.p * (1 - seen.p)
        odds += min(0.0, math.log(3 / math.sqrt(2 * math.pi * variance)))
    return odds < SURE


def _repeats(example):
    """Whether equal and different seeds, and calls without one, gave the same mask twice."""
    large = [seen for seen in example if seen.drops and seen.kept.size >= LARGE]
    alike = [(a, b) for a, b in itertools.combinations(large, 2) if (a.p, a.X.shape) == (b.p, b.X.shape)]
    return [(_seeds(a, b), np.array_equal(a.kept, b.kept)) for a, b in alike]


def _seeds(a, b):
    if a.generator is None or b.generator is None:
        return a.generator is b.generator
    return a.generator.initial_seed() == b.generator.initial_seed()


# Mistakes --------------------------------------------------------------------------------------

VALUES = (
    "contract[dtype]",
    "contract[views]",
    "contract[arguments]",
    "contract[single]",
    "contract[gradients]",
    "contract[operations]",
    "worked_example",
    "any_shape",
)
NEVER_DROPS = ("kept_fraction", "p_one", "fresh_mask", "generator")


def _right_elsewhere(wrong):
    """A mistake in what happens to entries in training; the ends of p and evaluation are right."""

    @functools.wraps(wrong)
    def whole(X, p, training=True, generator=None, **constant):
        _refuse(p)
        if not training or p == 0:
            return X
        if p == 1:
            return torch.zeros_like(X)
        return wrong(X, p, generator, **constant)

    return whole


def _kept(X, p, generator, shape=None):
    return (torch.rand(X.shape if shape is None else shape, generator=generator) >= p).to(X.dtype)


@mistake(
    "does not scale the kept entries: their mean shrinks with every entry dropped",
    hint="Let X be 1000 ones. What is the mean of your result for p = 0.5, and what for p = 0.9?",
    loses=VALUES,
)
@_right_elsewhere
def no_scaling(X, p, generator):
    return _kept(X, p, generator) * X


@mistake(
    "divides by p: a share of 1 - p of the entries is left to carry the mean",
    hint="With p = 0.1 hardly anything is dropped. How much larger should the rest become, and how much larger does yours?",
    loses=VALUES,
)
@_right_elsewhere
def scales_by_one_over_p(X, p, generator):
    return _kept(X, p, generator) * X / p


@mistake(
    "makes the kept entries smaller: they have to grow, to make up for the dropped ones",
    hint="Let X be 1000 ones and p = 0.5. Which number has to stand in the kept places for the mean to be 1?",
    loses=VALUES,
)
@_right_elsewhere
def scales_down(X, p, generator):
    return _kept(X, p, generator) * X * (1 - p)


@mistake(
    "drops entries with probability 1 - p: look at the direction of the comparison",
    hint="Count the zeros for 1000 entries and p = 0.1. For which random numbers is your comparison true?",
    loses=("kept_fraction",),
)
@_right_elsewhere
def drops_with_one_minus_p(X, p, generator):
    return (1 - _kept(X, p, generator)) * X / (1 - p)


@mistake(
    "drops entries with probability 1 - p, at p = 0 and p = 1 too: look at the direction of the comparison",
    hint="What should be left of X for p = 0, and for p = 1? Follow these two through your comparison.",
    loses=("kept_fraction", "p_zero", "p_one"),
)
def drops_with_one_minus_p_everywhere(X, p, training=True, generator=None):
    _refuse(p)
    if not training:
        return X
    return (torch.rand(X.shape, generator=generator) < p) * X / (1 - p)


@mistake(
    "takes p for the probability to keep an entry: p is the probability to drop it",
    hint="Count the zeros for 1000 entries and p = 0.9, then read once more what the statement calls p.",
    loses=(*VALUES, "kept_fraction"),
)
@_right_elsewhere
def keeps_with_p(X, p, generator):
    return (1 - _kept(X, p, generator)) * X / p


@mistake(
    "draws one number for each row, so that whole rows are dropped: every entry needs one of its own",
    hint="How many random numbers do you draw for an X of shape (3, 4), and how many decisions are there to be made?",
    loses=("any_shape", "kept_fraction", "independent_entries"),
    form=("keepdim", "first", "last"),
)
@_right_elsewhere
def one_mask_per_row(X, p, generator, form):
    if form == "keepdim":
        shape = (X.shape[0],) + (1,) * (X.dim() - 1)
    else:
        shape = (X.shape[0], 1) if form == "first" else (*X.shape[:-1], 1)
    return _kept(X, p, generator, shape) * X / (1 - p)


@mistake(
    "draws one number for each column, so that whole columns are dropped: every entry needs one of its own",
    hint="How many random numbers do you draw for an X of shape (3, 4), and how many decisions are there to be made?",
    loses=("any_shape", "kept_fraction", "independent_entries"),
    dimension=(-1, 1),
)
@_right_elsewhere
def one_mask_per_column(X, p, generator, dimension):
    return _kept(X, p, generator, (X.shape[dimension],)) * X / (1 - p)


@mistake(
    "draws one mask and uses it for every example: the numbers need the whole shape of X",
    hint="Look at the zeros of the first two examples. How many random numbers did you draw, and how many entries has X?",
    loses=("kept_fraction", "independent_entries"),
)
@_right_elsewhere
def one_mask_for_all_examples(X, p, generator):
    return _kept(X, p, generator, X.shape[1:]) * X / (1 - p)


@mistake(
    "drops a fixed number of entries: each is dropped on its own, so that the number is random too",
    hint="If you toss 10 coins again and again, is the number of heads always 5?",
    loses=("number_varies",),
    rounding=(round, int, math.ceil),
)
@_right_elsewhere
def fixed_number(X, p, generator, rounding):
    mask = torch.ones(X.numel(), dtype=X.dtype)
    mask[torch.randperm(X.numel(), generator=generator)[: rounding(p * X.numel())]] = 0
    return mask.reshape(X.shape) * X / (1 - p)


@mistake(
    "drops the same entries in every call: new random numbers have to be drawn each time",
    hint="Call it twice in a row. Which line sends the random numbers back to their beginning?",
    loses=("fresh_mask",),
)
@_right_elsewhere
def same_mask(X, p, generator):
    torch.manual_seed(0)
    return _kept(X, p, generator) * X / (1 - p)


@mistake(
    "drops the same entries in every call, whatever generator it is given: draw new random numbers each time",
    hint="Where does the generator that you draw from come from, and what was done to it just before?",
    loses=("fresh_mask", "generator"),
)
@_right_elsewhere
def same_mask_always(X, p, generator):
    return _kept(X, p, torch.Generator().manual_seed(0)) * X / (1 - p)


@mistake(
    "does not draw from the generator that it is given",
    hint="Which of your calls draws the random numbers, and which of its arguments could be the generator?",
    loses=("generator",),
)
@_right_elsewhere
def ignores_generator(X, p, generator):
    return _kept(X, p, None) * X / (1 - p)


@mistake(
    "returns X in training too: nothing is ever dropped",
    hint="Follow training=True and p = 0.5 through your code line by line: at which `return` does it end?",
    loses=(*VALUES, *NEVER_DROPS),
)
def never_drops(X, p, training=True, generator=None):
    _refuse(p)
    return X


@mistake(
    "drops entries with training=False, and none with True",
    hint="Read your condition aloud for training=True. Which of the two branches is that?",
    loses=(*VALUES, *NEVER_DROPS, "evaluation"),
)
def training_swapped(X, p, training=True, generator=None):
    return dropout(X, p, not training, generator)


@mistake(
    "drops entries with training=False as well: the trained network is to be used whole",
    hint="In which line do you read `training`? What should be left of X when it is False?",
    loses=("evaluation",),
)
def active_in_evaluation(X, p, training=True, generator=None):
    return dropout(X, p, True, generator)


@mistake(
    "scales by 1 - p in evaluation instead of by 1 / (1 - p) in training: X stays X with training=False",
    hint="When are entries dropped, and what is there to be made up for when none are?",
    loses=(*VALUES, "evaluation"),
)
def scales_in_evaluation(X, p, training=True, generator=None):
    _refuse(p)
    return _kept(X, p, generator) * X if training else X * (1 - p)


@mistake(
    "scales in evaluation as well: X has to stay X with training=False",
    hint="What is there to be made up for where nothing was dropped?",
    loses=("evaluation",),
)
def still_scales_in_evaluation(X, p, training=True, generator=None):
    return dropout(X, p, True, generator) if training or p == 1 else X / (1 - p)


@mistake(
    "gives zeros for p = 1 in evaluation too: X has to stay X with training=False",
    hint="Which question does your code ask first: what p is, or whether it is training?",
    loses=("evaluation",),
)
def zeros_in_evaluation(X, p, training=True, generator=None):
    return torch.zeros_like(X) if p == 1 else dropout(X, p, training, generator)


@mistake(
    "divides by zero for p = 1: 0 / 0 is nan, where zeros are asked for",
    hint="What is 1 - p for p = 1, and what do you do with it? What does the statement ask for there?",
    loses=("p_one",),
    how=("tensor", "number"),
)
def nan_at_one(X, p, training=True, generator=None, how="tensor"):
    _refuse(p)
    if not training:
        return X
    mask = _kept(X, p, generator) * X
    return mask / (1 - p) if how == "tensor" else mask * (1 / (1 - p))


@mistake(
    "compares normal random numbers with p: only uniform ones are below p with probability p",
    hint="Which share of the numbers of torch.randn lies below 0.5, and which share of those of torch.rand?",
    loses=("kept_fraction",),
    kept=(lambda noise, p: noise > p, lambda noise, p: noise < 1 - p),
)
@_right_elsewhere
def normal_noise(X, p, generator, kept):
    return kept(torch.randn(X.shape, generator=generator), p) * X / (1 - p)


@mistake(
    "multiplies by the random numbers themselves: compare them with p to get a mask of 0 and 1",
    hint="How many different values has your mask, and how many should it have?",
    loses=(*VALUES, "kept_fraction"),
    scaled=(True, False),
)
@_right_elsewhere
def noise_for_mask(X, p, generator, scaled):
    noise = torch.rand(X.shape, generator=generator, dtype=X.dtype)
    return noise * X / (1 - p) if scaled else noise * X


@mistake(
    "changes X itself: build new tensors instead of writing into the argument",
    hint="Which of your lines call something whose name ends in an underscore (exp_), use an operator like -= or assign to a part of a tensor? Is it X that they write to?",
    loses=("contract[arguments]", "contract[gradients]"),
)
@_right_elsewhere
def in_place(X, p, generator):
    X *= _kept(X, p, generator)
    X /= 1 - p
    return X


@mistake(
    "cuts the result off from X: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=("contract[gradients]",),
)
@_right_elsewhere
def detached(X, p, generator):
    return _kept(X, p, generator) * X.detach() / (1 - p)


class _DrawsAgain(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, p, generator):
        ctx.p, ctx.generator = p, generator
        return _kept(X, p, generator) * X / (1 - p)

    @staticmethod
    def backward(ctx, grad):
        return _kept(grad, ctx.p, ctx.generator) * grad / (1 - ctx.p), None, None


@mistake(
    "draws another mask for the backward pass: gradients must go through the entries that were kept",
    hint="What does the backward pass have to know about the forward pass, and where do you keep it?",
    loses=("contract[gradients]",),
)
@_right_elsewhere
def new_mask_in_backward(X, p, generator):
    return _DrawsAgain.apply(X, p, generator)


@mistake(
    "computes the scale in float32, which has 7 digits: for a float64 X it needs 16",
    hint="Print the dtype of your mask, and of your scale, for an X in float64.",
)
@_right_elsewhere
def float32_scale(X, p, generator):
    return (torch.rand(X.shape, generator=generator) >= p).float() / (1 - p) * X


@mistake(
    "accepts a p outside [0, 1]: raise a ValueError that names p",
    hint="What comes out for p = -0.5 and for p = 1.5? What is the first thing that your code does with p?",
    loses=("bad_p",),
    how=("rand", "bernoulli"),
)
def accepts_any_p(X, p, training=True, generator=None, how="rand"):
    if not training or p == 0:
        return X
    if p == 1:
        return torch.zeros_like(X)
    if how == "bernoulli":
        return torch.bernoulli(torch.full_like(X, 1 - p), generator=generator) * X / (1 - p)
    return _kept(X, p, generator) * X / (1 - p)


@mistake(
    "checks p with assert, which raises AssertionError: a ValueError that names p is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=("bad_p",),
)
def asserts(X, p, training=True, generator=None):
    assert 0 <= p <= 1
    return dropout(X, p, training, generator)
