"""data_iter: oracle, what tells its mistakes apart, and known mistakes."""

import itertools
import math
import random

import torch
from torch.utils.data import DataLoader, TensorDataset

from dlex.grading import features as features_of
from dlex.grading import mistake


def data_iter(batch_size, features, labels, generator=None):
    dataset = TensorDataset(features, labels)
    return DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=generator)


# What does not depend on luck ------------------------------------------------------------------

SURE = -25.0  # logarithm of the odds of chance below which something is read
MANY = 10  # minibatches, in an order that chance does not repeat


class Seen:
    """One epoch: which example stands in each place, by its features and by its label."""

    def __init__(self, draw):
        arguments = draw.arguments
        self.generator = arguments.get("generator")
        self.n = len(arguments["features"])
        self.asked = arguments["batch_size"], self.n
        self.sizes = [len(X) for X, _y in draw.value]
        self.by_features, self.exact = _places([X for X, _y in draw.value], arguments["features"])
        self.by_labels, _exact = _places([y for _X, y in draw.value], arguments["labels"])
        self.flows = [bool(gradient.any()) for gradient in draw.gradients or []]

    def batches(self, order):
        """The order, cut into minibatches."""
        ends = list(itertools.accumulate(self.sizes))
        return [order[end - size : end] for end, size in zip(ends, self.sizes, strict=True) if size]


def _places(parts, whole):
    """The nearest example for every row of the parts, and whether it is that example."""
    size = whole.shape[1:].numel()
    rows = torch.cat([part.double().reshape(len(part), size) for part in parts])
    known = whole.detach().double().reshape(len(whole), size)
    order = (rows[:, :1] - known[:, 0]).abs().argmin(dim=1)
    return order.tolist(), bool(torch.allclose(rows, known[order], rtol=1e-4))


ORDERS = {
    "as given": lambda order, batches: order == sorted(order),
    "backwards": lambda order, batches: order == sorted(order, reverse=True),
    "sorted in minibatches": lambda order, batches: all(batch == sorted(batch) for batch in batches),
    "minibatches of neighbours": lambda order, batches: all(
        max(batch) - min(batch) < len(batch) for batch in batches
    ),
    "minibatches in the order of the dataset": lambda order, batches: all(
        max(a) < min(b) for a, b in itertools.pairwise(batches)
    ),
}


@features_of()
def behaviour(examples):
    """What is missing, what comes twice, which patterns all orders have, and which orders repeat."""
    yield [_fits(draw) for example in examples for draw in example]
    examples = [[Seen(draw) for draw in example if _fits(draw)] for example in examples]
    epochs = [seen for example in examples for seen in example]
    yield all(seen.exact for seen in epochs)
    yield all(seen.by_features == seen.by_labels for seen in epochs)
    twice = any(len(set(seen.by_features)) < len(seen.by_features) for seen in epochs)
    yield twice
    yield _what_comes_twice(epochs) if twice else _ends(epochs)
    patterns = [_patterns(epochs, by) for by in ("by_features", "by_labels")]
    yield patterns
    yield [seen.flows for seen in epochs]
    if ["turned"] not in patterns:  # of these orders there are so few that chance repeats them
        yield [_repeats(example) for example in examples]


def _fits(draw):
    """Whether the answer is made of pairs of tensors that can be traced back to their examples."""
    features, labels = draw.arguments["features"], draw.arguments["labels"]
    return (
        isinstance(draw.value, list)
        and bool(draw.value)
        and all(isinstance(pair, tuple) and len(pair) == 2 for pair in draw.value)
        and all(_like(X, features) and _like(y, labels) and len(X) == len(y) for X, y in draw.value)
    )


def _like(part, whole):
    return (
        isinstance(part, torch.Tensor)
        and part.dim() > 0
        and part.shape[1:].numel() == whole.shape[1:].numel()
    )


def _what_comes_twice(epochs):
    """In one minibatch or in several, by chance or by rule."""
    batches = [(seen.n, batch) for seen in epochs for batch in seen.batches(seen.by_features)]
    odds = sum(math.log1p(-k / n) for n, batch in batches for k in range(min(len(batch), n)))
    return (
        odds > SURE or any(len(set(batch)) < len(batch) for _n, batch in batches),
        all(
            seen.by_features[seen.n :] == seen.by_features[: len(seen.by_features[seen.n :])]
            for seen in epochs
        ),
        all(_all_alike(seen.batches(seen.by_features)) for seen in epochs),
    )


def _ends(epochs):
    """Of the first and the last example of the dataset: is it always missing, does it always stay in place?"""
    if not _many(epochs):
        return "too few to say"
    found = [(seen.by_features, place, place % seen.n) for seen in epochs for place in (0, -1)]
    return [
        (
            all(i not in order for order, _, i in ends),
            all(order[place:][:1] == [i] for order, place, i in ends),
        )
        for ends in (found[::2], found[1::2])
    ]


def _all_alike(batches):
    """Whether all minibatches hold the same examples as the last one, as far as that goes."""
    return all(batch[: len(batches[-1])] == batches[-1] for batch in batches)


def _patterns(epochs, by):
    """Names of the patterns that all orders follow, by their features or by their labels."""
    orders = [(order, seen.batches(order)) for seen in epochs for order in [getattr(seen, by)]]
    if all(_turned(order) for order, _batches in orders):
        at_the_start = all(order == sorted(order) for order, _batches in orders)
        if not at_the_start or not _many(epochs):
            return ["turned"]
    return [name for name, rule in ORDERS.items() if all(rule(*order) for order in orders)]


def _many(epochs):
    """Whether one example in each epoch, picked by chance, is sure not to be the first in all of them."""
    return sum(math.log(seen.n) for seen in epochs) > -SURE


def _turned(order):
    """Whether this is the order of the dataset, begun at some place."""
    return all((b - a) % len(order) == 1 for a, b in itertools.pairwise(order))


def _repeats(example):
    """Whether equal and different seeds, and calls without one, gave the same order twice."""
    many = [seen for seen in example if len(seen.sizes) >= MANY]
    pairs = itertools.combinations(many, 2)
    return [(_seeds(a, b), a.by_features == b.by_features) for a, b in pairs if a.asked == b.asked]


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
    "any_data",
    "shuffled",
    "fresh_order",
    "generator",
)
UNEVEN = tuple(
    name for name in VALUES if name not in ("contract[operations]", "shuffled", "fresh_order", "generator")
)


def _refuse(batch_size):
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}")


def _batches(batch_size, features, labels, order):
    for i in range(0, len(order), batch_size):
        rows = order[i : i + batch_size]
        yield features[rows], labels[rows]


@mistake(
    "drops the last minibatch where the examples do not divide evenly: it is smaller, and comes all the same",
    hint="Print len(X) of every minibatch for 7 examples and batch_size=3. What do the lengths add up to, and which of your lines stops there?",
    loses=UNEVEN,
)
def drops_the_last_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    return _batches(batch_size, features, labels, order[: len(order) // batch_size * batch_size])


@mistake(
    "fills up the last minibatch with examples that have come already: let it be smaller",
    hint="Print len(X) of every minibatch for 7 examples and batch_size=3. What do the lengths add up to, and where do the extra two examples come from?",
    loses=UNEVEN,
)
def fills_up_the_last_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    missing = -len(order) % batch_size
    filled = order.repeat(1 + missing // len(order) + 1)[: len(order) + missing]
    return _batches(batch_size, features, labels, filled)


@mistake(
    "makes all minibatches about equally large: each holds batch_size examples, only the last may be smaller",
    hint="Print len(X) of every minibatch for 7 examples and batch_size=3. Which of them are below 3, and which of them may be?",
)
def equal_shares(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    for rows in order.tensor_split(-(-len(order) // batch_size)):
        yield features[rows], labels[rows]


@mistake(
    "gives an empty minibatch at the end: where the examples divide evenly, none is left over",
    hint="Count your minibatches with batch_size=3, for 6 examples and for 7. Which count is right, and what does the last minibatch hold in the other case?",
)
def empty_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    for k in range(len(order) // batch_size + 1):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield features[rows], labels[rows]


@mistake(
    "loses one example: count once more where the last minibatch ends",
    hint="For 6 examples and batch_size=3, print which places of the random order each minibatch takes. Which place from 0 to 5 does none of them take?",
    loses=VALUES,
)
def loses_one_example(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    return _batches(batch_size, features, labels, order[:-1])


@mistake(
    "never gives out the last example of the dataset: count once more which indices there are",
    hint="For 6 examples, print the indices that you shuffle. What is the largest of them, and which index does the last example have?",
    loses=VALUES,
)
def never_the_last_example(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features) - 1, generator=generator)
    return _batches(batch_size, features, labels, order)


@mistake(
    "draws with replacement: in one epoch, some examples come twice and others never",
    hint="Print, sorted, the indices that you draw for 10 examples. Would a shuffled deck of cards deal the same card twice?",
    loses=VALUES,
)
def with_replacement(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randint(len(features), (len(features),), generator=generator)
    return _batches(batch_size, features, labels, order)


@mistake(
    "draws a new order for every minibatch: an example may come in several of them, and others in none",
    hint="How often does the line that draws at random run in an epoch of 6 examples with batch_size=3? How often is a deck of cards shuffled before it is dealt?",
)
def new_order_for_each_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    n = len(features)
    for i in range(0, n, batch_size):
        rows = torch.randperm(n, generator=generator)[: min(batch_size, n - i)]
        yield features[rows], labels[rows]


@mistake(
    "moves on by one example instead of a whole minibatch, so that minibatches overlap",
    hint="For 6 examples and batch_size=3, print the place in the order where each minibatch begins. How many begin, and where should the second one?",
)
def overlapping(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    for i in range(len(order)):
        yield features[order[i : i + batch_size]], labels[order[i : i + batch_size]]


@mistake(
    "X and y hold the rows of different examples: row i of y has to be the label of row i of X",
    hint="Let labels be a copy of features and compare X with y in a minibatch: should they differ? Which of your lines picks the rows of X, which those of y, and do both use the same order?",
    loses=VALUES,
)
def shuffled_apart(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for_X, for_y = (torch.randperm(len(features), generator=generator) for _ in range(2))
    for i in range(0, len(features), batch_size):
        yield features[for_X[i : i + batch_size]], labels[for_y[i : i + batch_size]]


@mistake(
    "shuffles the features and leaves the labels in place: they belong together",
    hint="With features and labels both torch.arange(6), print X beside y. Which of the two counts from 0 to 5, and which of your lines picks its rows?",
    loses=VALUES,
)
def labels_not_shuffled(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    for i in range(0, len(features), batch_size):
        yield features[order[i : i + batch_size]], labels[i : i + batch_size]


@mistake(
    "shuffles the labels and leaves the features in place: they belong together",
    hint="With features and labels both torch.arange(6), print X beside y. Which of the two counts from 0 to 5, and which of your lines picks its rows?",
    loses=VALUES,
)
def features_not_shuffled(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    for i in range(0, len(features), batch_size):
        yield features[i : i + batch_size], labels[order[i : i + batch_size]]


@mistake(
    "does not shuffle: the examples come in the order of the dataset, in every epoch",
    hint="Which of your lines draws random numbers? If there is one, follow its result: which line picks rows of features and labels by it?",
    loses=("shuffled", "fresh_order", "generator"),
)
def no_shuffle(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    return _batches(batch_size, features, labels, torch.arange(len(features)))


@mistake(
    "goes backwards through the dataset instead of shuffling it",
    hint="Loop twice over features = torch.arange(6). Which example comes first in each epoch, and how often should just this one come first?",
    loses=("shuffled", "fresh_order", "generator"),
)
def backwards(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    return _batches(batch_size, features, labels, torch.arange(len(features)).flip(0))


@mistake(
    "begins at a random place and goes on in the order of the dataset: every order has to be possible",
    hint="How many different orders can your code give for 4 examples? In how many ways can four cards lie in a row?",
)
def turned(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    start = int(torch.randint(len(features), (), generator=generator))
    return _batches(batch_size, features, labels, torch.arange(len(features)).roll(start))


@mistake(
    "leaves one example where it is: every example has to be able to come at every place",
    hint="Loop ten times over features = torch.arange(4) and print the order. Which example never moves, and which indices does your shuffle reach?",
    loses=("fresh_order",),
    place=(0, -1),
)
def one_stays(batch_size, features, labels, generator=None, place=0):
    _refuse(batch_size)
    n = len(features)
    moved = torch.randperm(n - 1, generator=generator)
    order = torch.cat([torch.tensor([0]), moved + 1] if place == 0 else [moved, torch.tensor([n - 1])])
    return _batches(batch_size, features, labels, order)


@mistake(
    "shuffles inside each minibatch only: the examples of a minibatch are neighbours in the dataset",
    hint="With features = torch.arange(6) and batch_size=3, can 0 and 5 ever meet in a minibatch? What comes first in your code, shuffling or cutting?",
    loses=("shuffled", "fresh_order"),
)
def shuffled_inside_batches(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.arange(len(features)).split(batch_size):
        inside = rows[torch.randperm(len(rows), generator=generator)]
        yield features[inside], labels[inside]


@mistake(
    "shuffles whole minibatches: the examples of a minibatch are neighbours in the dataset, always the same",
    hint="With features = torch.arange(6) and batch_size=3, can 0 and 5 ever meet in a minibatch? What is it that you put in random order: examples?",
    loses=("shuffled", "fresh_order"),
)
def shuffled_batches(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    batches = torch.arange(len(features)).split(batch_size)
    left = batches[-1:] if len(batches[-1]) < batch_size else ()
    whole = batches[: len(batches) - len(left)]
    for rows in [*(whole[k] for k in torch.randperm(len(whole), generator=generator)), *left]:
        yield features[rows], labels[rows]


@mistake(
    "sorts the examples of every minibatch by their place in the dataset: every order has to be possible",
    hint="Loop several times over features = torch.arange(6) with batch_size=6. What do you see each time, and which line loses the random order (a sort, a set, a mask)?",
    loses=("shuffled", "fresh_order"),
)
def sorted_batches(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows.sort().values], labels[rows.sort().values]


@mistake(
    "has the same order in every epoch: draw it anew in each call",
    hint="Loop twice over the same data without a generator and print the order. Which of your lines sets a seed, or runs only once for both epochs?",
    loses=("fresh_order",),
)
def same_order(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    if generator is None:
        generator = torch.Generator().manual_seed(0)
    return _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))


@mistake(
    "has the same order in every epoch, whatever generator it is given: draw a new one in each call",
    hint="Print the order for generators seeded with 0 and with 1. Which of your lines sets a seed of its own, or draws the order outside of the call?",
    loses=("fresh_order", "generator"),
)
def same_order_always(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = list(range(len(features)))
    random.Random(0).shuffle(order)
    return _batches(batch_size, features, labels, order)


@mistake(
    "does not draw from the generator that it is given",
    hint="Find every line that draws random numbers. Is generator handed on there, and can the function that draws take a torch.Generator at all?",
    loses=("generator",),
)
def ignores_generator(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    return _batches(batch_size, features, labels, torch.randperm(len(features)))


@mistake(
    "does not end: after one epoch it goes on with the next",
    hint="For 6 examples and batch_size=3, the loop has to stop after two minibatches. Which of your lines would stop it there?",
    loses=VALUES,
)
def never_ends(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    while True:
        yield from _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))


@mistake(
    "returns the first minibatch and stops: is there a `return` where a `yield` belongs?",
    hint="Print type(data_iter(3, features, labels)). What does a for loop over that get in its first round, and what in its second?",
    loses=VALUES,
)
def returns_the_first_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    return features[order[:batch_size]], labels[order[:batch_size]]


@mistake(
    "gives out one minibatch and stops: the loop ends too early",
    hint="Print your loop's index in every round, for 6 examples and batch_size=3. Which round is missing, and what ends the loop before it: a return, a break, its range?",
)
def only_the_first_batch(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    yield features[order[:batch_size]], labels[order[:batch_size]]


@mistake(
    "gives out single examples: batch_size of them make one pair X, y",
    hint="For features of shape (6, 2) and batch_size=3, print the shape of every X. How many pairs come, how many should, and which shape should they have?",
    keep=(False, True),
)
def single_examples(batch_size, features, labels, generator=None, keep=False):
    _refuse(batch_size)
    for i in torch.randperm(len(features), generator=generator):
        rows = i[None] if keep else i
        yield features[rows], labels[rows]


@mistake(
    "gives lists of rows: X and y are tensors, torch.stack makes one of many",
    hint="Print type(X) and type(X[0]). Then print the type and the shape of `features[[0, 2]]`: who put the two rows together there?",
    loses=VALUES,
)
def lists_of_rows(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield [features[i] for i in rows], [labels[i] for i in rows]


@mistake(
    "gives (x, y) for every example of a minibatch: a minibatch is one pair of tensors",
    hint="With batch_size=3, print len() of the first thing that comes. How many things can `for X, y in` unpack, and what should each of them be?",
    loses=VALUES,
)
def lists_of_pairs(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield [(features[i], labels[i]) for i in rows]


@mistake(
    "gives out indices: take these rows of features and labels",
    hint="Loop over features = torch.arange(10, 16) with batch_size=3 and print what comes. Are these numbers of features, or the places where they stand?",
    loses=VALUES,
)
def indices(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    yield from torch.randperm(len(features), generator=generator).split(batch_size)


@mistake(
    "gives all labels with every minibatch: take the same rows of both",
    hint="Print len(X) and len(y) of every minibatch for 6 examples and batch_size=3. Which line picks the rows of X, and which those of y?",
    loses=VALUES,
)
def all_labels(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows], labels


@mistake(
    "gives y before X",
    hint="With features of shape (6, 2) and labels of shape (6,), print the shapes of the first pair. Which of the two does `for X, y in` call X?",
)
def swapped(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield labels[rows], features[rows]


@mistake(
    "drops dimensions of length 1: X and y keep all dimensions, also for one example or one feature",
    hint="With features and labels of shape (4, 1) and batch_size=3, print the shapes of X and y. Which axes are missing, and which line took them?",
)
def squeezed(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows].squeeze(), labels[rows].squeeze()


@mistake(
    "changes the shape of the labels: y has the dimensions of `labels`",
    hint="Try labels of shape (6,) and of shape (6, 1), and print the shape of y. For which of the two is it right, and which line makes both alike?",
    shape=((-1, 1), (-1,)),
)
def reshapes_labels(batch_size, features, labels, generator=None, shape=(-1,)):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows], labels[rows].reshape(shape)


@mistake(
    "flattens the examples: X has all dimensions of `features`",
    hint="Give it images: features of shape (6, 2, 2), with batch_size=3. Which shape should X have, and which of your lines makes another of it?",
    loses=("any_data",),
)
def flattens_examples(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows].reshape(len(rows), -1), labels[rows]


@mistake(
    "turns integer labels into floats: y has the dtype of `labels`",
    hint="For labels = torch.arange(6), print the dtype of the labels after each of your lines. Where does int64 end, and what would happen without that line?",
    loses=("any_data",),
)
def labels_as_floats(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows], labels[rows].to(features.dtype)


@mistake(
    "turns everything into float32: X and y have the dtypes of `features` and `labels`",
    hint="Give it features in float64 and labels in int64, and print both dtypes after each of your lines. Where do they become float32, and is that step needed?",
)
def float32(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        yield features[rows].float(), labels[rows].float()


@mistake(
    "writes every minibatch into the same memory: a minibatch that was given out changes when the next one "
    "comes",
    hint="For 6 examples, print what list(data_iter(3, features, labels)) holds. Why are its minibatches alike, and how often does your code make a new tensor for X?",
)
def reuses_memory(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    X, y = features[:batch_size].detach().clone(), labels[:batch_size].detach().clone()
    for rows in torch.randperm(len(features), generator=generator).split(batch_size):
        X[: len(rows)], y[: len(rows)] = features[rows].detach(), labels[rows].detach()
        yield X[: len(rows)], y[: len(rows)]


@mistake(
    "shuffles `features` and `labels` themselves: leave the dataset as it is",
    hint="Print features before and after an epoch. Which of your lines writes into it: an assignment to a part of it, or a function that shuffles what it is given?",
    loses=("contract[arguments]", "contract[gradients]"),
)
def in_place(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    features[:], labels[:] = features[order], labels[order]
    return list(zip(features.split(batch_size), labels.split(batch_size), strict=True))


@mistake(
    "random.shuffle exchanges rows of a tensor one after the other, and the first is overwritten before it is "
    "read: some examples come twice, others are lost, and `features` has changed. Shuffle indices instead.",
    hint="Let a = torch.tensor([1, 2]) and run `a[0], a[1] = a[1], a[0]`. What is a then, and what would it be if a were the list [1, 2]?",
)
def random_shuffle_of_rows(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    random.shuffle(features)
    return _batches(batch_size, features, labels, torch.arange(len(features)))


@mistake(
    "cuts the minibatches off from the dataset: no gradient flows back",
    hint="Let features and labels require gradients, and print requires_grad after each of your lines: where does True become False?",
    loses=("contract[gradients]",),
)
def detached(batch_size, features, labels, generator=None):
    _refuse(batch_size)
    order = torch.randperm(len(features), generator=generator)
    return _batches(batch_size, features.detach(), labels.detach(), order)


@mistake(
    "accepts a batch_size below 1: raise a ValueError that names batch_size",
    hint="Call list(data_iter(0, features, labels)), then the same with -1. Who complains, if anyone, and does the message name batch_size?",
    loses=("bad_batch_size",),
    cut=(
        lambda order, size: [order[i : i + size] for i in range(0, len(order), size)],
        lambda order, size: order.split(size),
    ),
)
def accepts_any_batch_size(batch_size, features, labels, generator=None, cut=None):
    for rows in cut(torch.randperm(len(features), generator=generator), batch_size):
        yield features[rows], labels[rows]


@mistake(
    "lets a batch_size of 0 through, or refuses it in words that do not name batch_size: it has to be at least 1",
    hint="Call list(data_iter(0, features, labels)) and read the last line of the traceback. Who complains, your condition or range, and does it name batch_size?",
    loses=("bad_batch_size",),
)
def accepts_zero(batch_size, features, labels, generator=None):
    if batch_size < 0:
        raise ValueError(f"batch_size is {batch_size}")
    return _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))


@mistake(
    "checks batch_size with assert, which raises AssertionError: a ValueError that names batch_size is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=("bad_batch_size",),
)
def asserts(batch_size, features, labels, generator=None):
    assert batch_size >= 1
    return _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))


@mistake(
    "refuses a batch_size larger than the dataset: all examples come in one minibatch then",
    hint="What should come out for 3 examples and batch_size=5? Read your condition aloud for these numbers.",
)
def refuses_large_batches(batch_size, features, labels, generator=None):
    if not 1 <= batch_size <= len(features):
        raise ValueError(f"batch_size is {batch_size}, must be from 1 to {len(features)}")
    return _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))


@mistake(
    "refuses a batch_size of 1: it is the smallest that works",
    hint="What are the minibatches of 3 examples with batch_size=1? Read your condition aloud for 1 and for 0: which of the two is below 1?",
)
def refuses_one(batch_size, features, labels, generator=None):
    if batch_size <= 1:
        raise ValueError(f"batch_size is {batch_size}")
    return _batches(batch_size, features, labels, torch.randperm(len(features), generator=generator))
