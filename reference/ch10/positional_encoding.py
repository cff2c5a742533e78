"""Positional encoding: oracle and known mistakes.

A wrong table shows in positional_encoding as well, and a right one may be float32 or float64: each
mistake stands for both functions and is tried with tables of both dtypes.
"""

import functools
import math

import torch

from dlex.grading import mistake

FUNCTIONS = ("encoding_table", "positional_encoding")
DTYPES = (torch.float64, torch.float32)
SUMS = (
    "contract[dtype]", "contract[views]", "contract[arguments]", "contract[single]", "contract[gradients]",
    "any_batch", "odd_width", "long_batch",
)  # fmt: skip
PRECISION = ("contract[dtype]", "contract[arguments]", "contract[gradients]")
VALUES = ("contract[operations]", "worked_example", "any_table", "long_table", *SUMS)


def encoding_table(n, d):
    steps = torch.arange(n, dtype=torch.float64)
    speeds = torch.logspace(0, -4 * (d - 1) / d, d, dtype=torch.float64)[::2]
    turns = torch.polar(torch.ones(()).double(), torch.outer(steps, speeds))  # cos + i sin
    return torch.stack([turns.imag, turns.real], dim=2).flatten(1)[:, :d]


def positional_encoding(X):
    return _adding(encoding_table)(X)


def _adding(table):
    return lambda X: X + table(*X.shape[1:]).to(X.dtype)


def table_mistake(explanation, *, loses, exact_sum=False, dtype=DTYPES, **constants):
    """A mistake in the table: a function of n, d and the dtype in which to compute.

    It shows in positional_encoding too, there with float64 tables alone if `exact_sum`.
    """

    def register(wrong_table):
        @mistake(explanation, of=FUNCTIONS, loses=loses, dtype=dtype, **constants)
        @functools.wraps(wrong_table)
        def wrong(dtype, **chosen):
            table = functools.partial(wrong_table, dtype=dtype, **chosen)
            exact = functools.partial(wrong_table, dtype=torch.float64, **chosen)
            return table, _adding(exact if exact_sum else table)

        return wrong

    return register


def adding_mistake(explanation, *, loses, dtype=DTYPES, **constants):
    """A mistake in positional_encoding alone: a function of X."""

    def register(wrong_sum):
        @mistake(explanation, of=FUNCTIONS, loses=loses, dtype=dtype, **constants)
        @functools.wraps(wrong_sum)
        def wrong(dtype, **chosen):
            def table(n, d):
                return encoding_table(n, d).to(dtype)

            return table, functools.partial(wrong_sum, **chosen)

        return wrong

    return register


def _angles(n, d, dtype, base=10000.0):
    steps = torch.arange(n, dtype=dtype)[:, None]
    return steps / torch.pow(base, torch.arange(0, d, 2, dtype=dtype) / d)


def _interleaved(even_columns, odd_columns, d):
    P = torch.zeros(len(even_columns), d, dtype=even_columns.dtype)
    P[:, 0::2] = even_columns
    P[:, 1::2] = odd_columns[:, : d // 2]
    return P


@table_mistake(
    "sine and cosine have changed places: the sines are in columns 0, 2, 4, ...",
    hint="What are sin(0) and cos(0)? Compare with row 0 of your table.",
    loses=(*VALUES, "shift_is_rotation"),
)
def swapped(n, d, dtype):
    angles = _angles(n, d, dtype)
    return _interleaved(angles.cos(), angles.sin(), d)


@table_mistake(
    "counts steps from 1: the first step is step 0, where every sine is 0 and every cosine is 1",
    hint="Print row 0 of your table. Which angle has this sine, and which step is that?",
    loses=(*VALUES, "shift_is_rotation"),
)
def starts_at_one(n, d, dtype):
    angles = _angles(n + 1, d, dtype)[1:]
    return _interleaved(angles.sin(), angles.cos(), d)


@table_mistake(
    "all sines come first, then all cosines: they take turns, pair by pair",
    hint="Print row 1 of your table for d = 4 beside the statement's formula: which columns are in the wrong place?",
    loses=(*VALUES, "shift_is_rotation"),
)
def halves(n, d, dtype):
    angles = _angles(n, d, dtype)
    return torch.cat([angles.sin(), angles.cos()[:, : d // 2]], dim=1)


@table_mistake(
    "the exponent grows half as fast as it should: in the columns 2j and 2j + 1 it is 2j/d",
    hint="For d = 4, write down the exponent of each of the four columns from the statement. Which ones do you compute?",
    loses=VALUES,
)
def half_exponent(n, d, dtype):
    pairs = torch.arange((d + 1) // 2, dtype=dtype)
    angles = torch.arange(n, dtype=dtype)[:, None] / torch.pow(10000.0, pairs / d)
    return _interleaved(angles.sin(), angles.cos(), d)


@table_mistake(
    "the exponent grows twice as fast as it should: in the columns 2j and 2j + 1 it is 2j/d",
    hint="For d = 4, write down the exponent of each of the four columns from the statement. Which ones do you compute?",
    loses=VALUES,
)
def double_exponent(n, d, dtype):
    columns = torch.arange(0, d, 2, dtype=dtype)
    angles = torch.arange(n, dtype=dtype)[:, None] / torch.pow(10000.0, 2 * columns / d)
    return _interleaved(angles.sin(), angles.cos(), d)


@table_mistake(
    "d does not end up in the exponent: Python takes a power before it divides",
    hint="Print 10000 ** 2 / 4. Which of the two operations came first?",
    loses=(),  # in float32, with angles this large, the shift may be lost too
    divided=(lambda steps, power, d: steps / (power / d), lambda steps, power, d: steps / power / d),
)
def d_outside_exponent(n, d, dtype, divided):
    power = torch.pow(10000.0, torch.arange(0, d, 2, dtype=dtype))
    angles = divided(torch.arange(n, dtype=dtype)[:, None], power, d)
    return _interleaved(angles.sin(), angles.cos(), d)


@table_mistake(
    "all pairs of columns have the same angle: the exponent grows from pair to pair, in fractions",
    hint="Print your exponents for d = 4. Which numbers should they be, and where do they get lost?",
    loses=VALUES,
)
def same_angle_in_all_pairs(n, d, dtype):
    angles = torch.arange(n, dtype=dtype)[:, None].expand(n, (d + 1) // 2)
    return _interleaved(angles.sin(), angles.cos(), d)


@table_mistake(
    "the cosine has an exponent of its own: a sine and the cosine after it share one angle",
    hint="For d = 4, which exponents belong to the columns 2 and 3? Print the ones that you use.",
    loses=(*VALUES, "shift_is_rotation"),
    factor=(1, 2),
)
def exponent_per_column(n, d, dtype, factor):
    columns = torch.arange(d, dtype=dtype)
    angles = torch.arange(n, dtype=dtype)[:, None] / torch.pow(10000.0, factor * columns / d)
    return _interleaved(angles[:, 0::2].sin(), angles[:, 1::2].cos(), d)


@table_mistake(
    "the base of the powers is not 10000",
    hint="Count the zeros of the base in the statement, and in your code.",
    loses=VALUES,
    base=(1000.0, 1e5),
)
def wrong_base(n, d, dtype, base):
    angles = _angles(n, d, dtype, base)
    return _interleaved(angles.sin(), angles.cos(), d)


def _one_cosine_too_many(angles, d):
    P = torch.zeros(len(angles), d, dtype=angles.dtype)
    P[:, 0::2] = angles.sin()
    P[:, 1::2] = angles.cos()
    return P


def _one_cosine_too_many_in_3d(angles, d):
    P = torch.zeros((1, len(angles), d), dtype=angles.dtype)
    P[:, :, 0::2] = angles.sin()
    P[:, :, 1::2] = angles.cos()
    return P[0]


def _pairs_in_rows(angles, d):
    return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(len(angles), d)


def _pairs_flattened(angles, d):
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def _entry_by_entry(angles, d):
    P = torch.zeros(len(angles), d, dtype=angles.dtype)
    for step in range(len(angles)):
        for j in range(0, d, 2):
            P[step, j] = angles[step, j // 2].sin()
            P[step, j + 1] = angles[step, j // 2].cos()
    return P


@table_mistake(
    "does not fit an odd number of columns: there the last sine has no cosine beside it",
    hint="For d = 5, how many columns are sines and how many are cosines? How many of each do you make?",
    loses=("odd_width",),
    exact_sum=True,
    fill=(
        _one_cosine_too_many,
        _one_cosine_too_many_in_3d,
        _pairs_in_rows,
        _pairs_flattened,
        _entry_by_entry,
    ),
)
def odd_width_does_not_fit(n, d, dtype, fill):
    if d % 2 == 0:
        return encoding_table(n, d).to(dtype)
    return fill(_angles(n, d, torch.float64), d).to(dtype)


@table_mistake(
    "leaves the last column empty where d is odd: it is a sine",
    hint="For d = 5, which columns do your assignments fill?",
    loses=("odd_width",),
    exact_sum=True,
)
def odd_column_empty(n, d, dtype):
    P = encoding_table(n, d).to(dtype)
    if d % 2:
        P[:, -1] = 0
    return P


@table_mistake(
    "the last column holds a cosine where d is odd: it is a sine",
    hint="Counted from 0, is the last of five columns an even or an odd one?",
    loses=("odd_width",),
    exact_sum=True,
)
def odd_column_cosine(n, d, dtype):
    P = encoding_table(n, d).to(dtype)
    if d % 2:
        P[:, -1] = _angles(n, d, dtype)[:, -1].cos()
    return P


@table_mistake(
    "where d is odd it cuts a column off a wider table: the exponents still divide by d itself",
    hint="For d = 5, print the number that you divide by in the exponents.",
    loses=("odd_width",),
    exact_sum=True,
)
def odd_table_cut(n, d, dtype):
    return encoding_table(n, d + d % 2)[:, :d].to(dtype)


@table_mistake(
    "the table ends after a fixed number of steps: n may be larger",
    hint="Which of your numbers limits the steps? Print the shape of your table for n = 5000.",
    loses=("long_table", "long_batch"),
    exact_sum=True,
    length=(1000, 512, 1024, 2048),
)
def fixed_length(n, d, dtype, length):
    return encoding_table(min(n, length), d).to(dtype)


def _to_the_power(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps / torch.pow(10000, torch.arange(0, d, 2, dtype=torch.float32) / d)


def _times_inverse_power(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps * (1.0 / 10000 ** (torch.arange(0, d, 2).float() / d))


def _times_negative_power(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps * 10000 ** (-torch.arange(0, d, 2).float() / d)


def _times_exp(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps * torch.exp(torch.arange(0, d, 2).float() * (-math.log(10000.0) / d))


def _times_exp_of_quotient(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps * torch.exp(-torch.arange(0, d, 2).float() / d * math.log(10000.0))


def _over_exact_power(n, d):
    steps = torch.arange(n, dtype=torch.float32)
    return torch.stack([steps / 10000 ** (j / d) for j in range(0, d, 2)], dim=1)


def _times_rounded_power(n, d):
    steps = torch.arange(n, dtype=torch.float32)[:, None]
    return steps * torch.tensor([10000 ** (-j / d) for j in range(0, d, 2)])


def _rounded_angles(n, d):
    return _angles(n, d, torch.float64).float()


@table_mistake(
    "the angles are float32: near 5000 these are 0.0005 apart, and the sines are as inexact. Which dtype has digits to spare?",
    hint="Print the dtype of your steps and of your angles. How many digits behind the point does that dtype leave to 4999.123?",
    loses=(*PRECISION, "long_table", "long_batch"),
    dtype=(torch.float32,),
    angles=(
        _to_the_power,
        _times_inverse_power,
        _times_negative_power,
        _times_exp,
        _times_exp_of_quotient,
        _over_exact_power,
        _times_rounded_power,
        _rounded_angles,
    ),
)
def float32_angles(n, d, dtype, angles):
    return _interleaved(angles(n, d).sin(), angles(n, d).cos(), d).to(dtype)


@table_mistake(
    "adds encodings that were rounded to float32 to X in float64: half of the digits are lost",
    hint="Print the dtype of what you add when X is float64. Where was it rounded?",
    loses=PRECISION,
    dtype=(torch.float32,),
)
def rounded_for_float64(n, d, dtype):
    return encoding_table(n, d).to(dtype)


@adding_mistake(
    "returns the encodings alone: they are added to X",
    hint="Call it with zeros and with ones: does your result differ?",
    loses=SUMS,
)
def replaces_X(X):
    return encoding_table(*X.shape[1:]).to(X.dtype).expand(X.shape)


@adding_mistake(
    "returns the encodings alone, once for all examples: they are added to each example of X",
    hint="Call it with zeros and with ones: does your result differ? And which shape has it?",
    loses=(*SUMS, "contract[operations]"),
    leading=((), (None,)),
)
def replaces_all_examples(X, leading):
    return encoding_table(*X.shape[1:]).to(X.dtype)[leading]


@adding_mistake(
    "takes the examples for the steps: the shape is (examples, steps, features)",
    hint="For an X of shape (2, 3, 4), how many rows of the table are needed? How many do you ask for?",
    loses=(*SUMS, "contract[operations]"),
    lined_up=(True, False),
)
def batch_axis_for_steps(X, lined_up):
    P = encoding_table(X.shape[0], X.shape[2]).to(X.dtype)
    return X + (P[:, None] if lined_up else P)


@adding_mistake(
    "the result has the table's dtype: it should have that of X",
    hint="Print the dtypes of X, of the table and of their sum. Which one does the statement promise?",
    loses=("contract[operations]", *(name for name in SUMS if name != "contract[gradients]")),
    dtype=(torch.float64,),
)
def dtype_of_the_table(X):
    return X + encoding_table(*X.shape[1:])


@adding_mistake(
    "multiplies X by the root of d: X is added as it is",
    hint="Does the statement multiply X by anything? Which of your lines does?",
    loses=SUMS,
)
def scales_X(X):
    return X * math.sqrt(X.shape[2]) + encoding_table(*X.shape[1:]).to(X.dtype)


@adding_mistake(
    "changes X itself: build a new tensor instead of adding into the argument",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]", "contract[gradients]"),
)
def in_place(X):
    X += encoding_table(*X.shape[1:]).to(X.dtype)
    return X


@adding_mistake(
    "cuts the result off from X: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=("contract[gradients]",),
)
def cut_off(X):
    return X.detach() + encoding_table(*X.shape[1:]).to(X.dtype)
