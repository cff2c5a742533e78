"""Checks of positional_encoding."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, picture, sizes, tensors

LONG = 5000
EXACT = 2.5e-6 / (8 * torch.finfo(torch.float64).eps)
"""A magnitude that allows each entry an error of 2 * 2.5e-6, `of_largest`: the largest cosine is 1."""


@st.composite
def batches(draw, b=None, n=None, d=None, dtype=torch.float32):
    """A batch of even width, unless `d` says otherwise."""
    shape = draw(sizes(b)), draw(sizes(n)), d or 2 * draw(sizes(most=4))
    return {"X": draw(tensors(shape, dtype))}


contract = Contract(
    "positional_encoding",
    batches,
    single=("b", "n"),
    grow=({"b": 2, "n": 4, "d": 4}, {"b": 8, "n": 16, "d": 16}),
)


def assert_table(table, expected):
    """Fail unless the table has some float dtype and each entry is exact to 5e-6."""
    if isinstance(table, torch.Tensor) and table.is_floating_point():
        table = table.double()
    assert_close(table, expected, magnitude=EXACT, of_largest=True)


@check(points=1)
def test_worked_example(submission, reference):
    """two steps of four features"""
    assert_table(submission.encoding_table(2, 4), reference.encoding_table(2, 4))


@check(
    points=2,
    hint="For d = 4, write down the angles of the four columns of row 1 by the statement's formula, then print yours.",
)
@given(n=sizes(most=12), half_d=sizes(most=8))
def test_any_table(submission, reference, n, half_d):
    """any table of even width"""
    assert_table(submission.encoding_table(n, 2 * half_d), reference.encoding_table(n, 2 * half_d))


@check(
    points=2,
    hint="Call it with zeros of shape (2, 3, 4): is each example of the result your own table of 3 steps?",
)
@given(arguments=batches())
def test_any_batch(submission, reference, arguments):
    """any batch of even width"""
    X = arguments["X"]
    assert_close(submission.positional_encoding(X), reference.positional_encoding(X))


@check(points=2, hidden=True, hint="How many sines and how many cosines does a row of three columns hold?")
@given(n=sizes(), half_d=sizes(least=0, most=4), b=sizes(most=3))
def test_odd_width(submission, reference, n, half_d, b):
    """odd widths from 1: the last column is a sine"""
    d = 2 * half_d + 1
    assert_table(submission.encoding_table(n, d), reference.encoding_table(n, d))
    X = torch.arange(float(b * n * d)).reshape(b, n, d)
    assert_close(submission.positional_encoding(X), reference.positional_encoding(X))


@check(points=1, hidden=True, hint="Do a sine and the cosine beside it share one angle, 0 at the first step?")
@given(n=sizes(least=2, most=12), half_d=sizes(most=8), odd=st.integers(0, 1), shift=st.integers(0, 11))
def test_shift_is_rotation(submission, reference, n, half_d, odd, shift):
    """moving on by some steps turns every pair of columns"""
    d, shift = 2 * half_d, shift % n
    table, expected = submission.encoding_table(n, d), reference.encoding_table(n, d)
    if not isinstance(table, torch.Tensor) or table.shape != expected.shape:
        assert_table(table, expected)
    table = table.double()
    assert_table(table[:1], expected[:1])
    sine, cosine = table[: n - shift, 0::2], table[: n - shift, 1::2]  # each (n - shift, d / 2)
    sine_shift, cosine_shift = table[shift, 0::2], table[shift, 1::2]  # each (d / 2,)
    turned = torch.stack(
        [sine * cosine_shift + cosine * sine_shift, cosine * cosine_shift - sine * sine_shift], dim=2
    ).flatten(1)
    assert_close(table[shift:], turned, what="the table from the shift on", magnitude=EXACT, of_largest=True)


@check(
    points=2,
    hidden=True,
    hint="Does your table have a row for every step? And how far apart are two neighbouring float32 numbers near 5000?",
)
def test_long_table(submission, reference):
    """5000 steps, exact to 5e-6"""
    assert_table(submission.encoding_table(LONG, 10), reference.encoding_table(LONG, 10))


@check(
    points=1,
    hidden=True,
    hint="Does your table have a row for every step? And how far apart are two neighbouring float32 numbers near 5000?",
)
def test_long_batch(submission, reference):
    """a batch of 5000 steps"""
    X = torch.linspace(-1.0, 1.0, LONG * 10).reshape(1, LONG, 10)
    assert_close(submission.positional_encoding(X), reference.positional_encoding(X), magnitude=4.0)


@picture("the table of 48 steps and 24 columns", axes=("column", "step"))
def table(answer):
    return answer.encoding_table(48, 24)
