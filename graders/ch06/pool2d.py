"""Checks of pool2d."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_raises, check, picture, sizes, tensors

MODES = st.sampled_from(["max", "avg"])
UNKNOWN_MODES = ("min", "mean", "average", "MAX", "Avg", "sum", "maximum", " max", "")
MODE_NAMES = ("mode", "Mode", "MODE", "模式")
WINDOW_NAMES = (
    "pool_size",
    "pool",
    "Pool",
    "window",
    "Window",
    "kernel",
    "X",
    "image",
    "Image",
    "input",
    "Input",
    "窗",
    "池",
)
RECTANGLES = [(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2), (1, 4), (4, 1), (2, 4), (4, 2)]
TOO_LARGE = [  # an image, and a window that is taller, wider or both; the last two have fewer entries
    ((1, 1), (2, 1)),
    ((1, 1), (1, 2)),
    ((2, 3), (3, 3)),
    ((3, 2), (3, 3)),
    ((2, 2), (3, 3)),
    ((2, 4), (4, 4)),
    ((4, 2), (4, 4)),
    ((1, 2), (3, 5)),
    ((3, 3), (4, 1)),
    ((3, 3), (1, 4)),
]


@st.composite
def images(draw, h=None, w=None, ph=None, pw=None, dtype=torch.float32):
    """An image without ties, a window that fits into it, and a mode."""
    h, w = draw(sizes(h, least=ph or 1)), draw(sizes(w, least=pw or 1))
    pool_size = draw(sizes(ph, most=h)), draw(sizes(pw, most=w))
    return {"X": draw(distinct((h, w), dtype)), "pool_size": pool_size, "mode": draw(MODES)}


@st.composite
def distinct(draw, shape, dtype=torch.float32):
    """Numbers that differ; all are positive, or some, or none. In float32 whole ones, so that every
    order of adding them up is exact; in float64 such with all digits, and no 0. Shrinks to 0, 1, 2, …"""
    count = shape[0] * shape[1]
    codes = np.frombuffer(draw(st.binary(min_size=count, max_size=count)), np.uint8)
    ranks = np.argsort(np.argsort(codes, kind="stable"), kind="stable")
    numbers = ranks - draw(st.sampled_from([0, count // 2, count]))
    numbers = numbers * 1.0 if dtype is torch.float32 else numbers * 0.7 + 0.3
    return torch.from_numpy(numbers).to(dtype).reshape(shape)


@st.composite
def rectangles(draw):
    """A window that is no square, and an image that is at most three larger."""
    ph, pw = draw(st.sampled_from(RECTANGLES))
    shape = ph + draw(st.integers(0, 3)), pw + draw(st.integers(0, 3))
    return {"X": draw(distinct(shape)), "pool_size": (ph, pw), "mode": draw(MODES)}


contract = Contract(
    "pool2d",
    images,
    single=("h", "w", "ph", "pw"),
    grow=({"h": 6, "w": 8, "ph": 3, "pw": 2}, {"h": 24, "w": 32, "ph": 3, "pw": 2}),
    points={"gradients": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    assert_close(submission.pool2d(X, (2, 2), "max"), reference.pool2d(X, (2, 2), "max"))
    assert_close(submission.pool2d(X, (2, 2), "avg"), reference.pool2d(X, (2, 2), "avg"))


@check(points=1)
@given(arguments=images(), values=tensors((6, 6)))
def test_maximum(submission, reference, arguments, values):
    """the maximum of any windows"""
    X = values[: arguments["X"].shape[0], : arguments["X"].shape[1]].contiguous()
    assert_close(
        submission.pool2d(X, arguments["pool_size"], "max"),
        reference.pool2d(X, arguments["pool_size"], "max"),
    )


@check(points=1)
@given(arguments=images(), values=tensors((6, 6)))
def test_average(submission, reference, arguments, values):
    """the average of any windows"""
    X = values[: arguments["X"].shape[0], : arguments["X"].shape[1]].contiguous()
    assert_close(
        submission.pool2d(X, arguments["pool_size"], "avg"),
        reference.pool2d(X, arguments["pool_size"], "avg"),
        magnitude=float(X.abs().sum()),
    )


@check(points=1)
@settings(max_examples=30)
@given(arguments=images(pw=2))
def test_default_mode(submission, reference, arguments):
    """mode is 'max' if it is left out, and can be given by name"""
    X, pool_size = arguments["X"], arguments["pool_size"]
    assert_close(submission.pool2d(X, pool_size), reference.pool2d(X, pool_size))
    for mode in ("max", "avg"):
        assert_close(submission.pool2d(X, pool_size, mode=mode), reference.pool2d(X, pool_size, mode=mode))


@check(points=2, hidden=True, hint="What is the largest of -3, -1 and -2?")
@given(arguments=images(), scale=st.sampled_from([1.0, 100.0, 1e5, 1e10, 1e30]))
def test_negative_image(submission, reference, arguments, scale):
    """images of negative numbers, down to -1e31"""
    X = (arguments["X"] - arguments["X"].max() - 1.0) * scale
    assert_close(
        submission.pool2d(X, arguments["pool_size"], "max"),
        reference.pool2d(X, arguments["pool_size"], "max"),
    )


@check(points=2, hidden=True, hint="Which of the two numbers of pool_size goes with the rows of X?")
@given(arguments=rectangles())
def test_rectangular_window(submission, reference, arguments):
    """windows that are taller than wide, or wider than tall"""
    assert_close(submission.pool2d(*arguments.values()), reference.pool2d(*arguments.values()))


@check(
    points=1, hidden=True, hint="In how many places does a window fit that is exactly as large as the image?"
)
@settings(max_examples=30)
@given(X=st.tuples(sizes(), sizes()).flatmap(distinct), mode=MODES)
def test_window_as_large_as_image(submission, reference, X, mode):
    """a window as large as the image"""
    assert_close(submission.pool2d(X, tuple(X.shape), mode), reference.pool2d(X, tuple(X.shape), mode))


@check(points=1, hidden=True, hint="What are the maximum and the average of a single number?")
@settings(max_examples=25)
@given(arguments=images(ph=1, pw=1))
def test_window_of_one_entry(submission, reference, arguments):
    """a window of one entry gives the image"""
    assert_close(submission.pool2d(*arguments.values()), reference.pool2d(*arguments.values()))


@check(points=1, hidden=True, hint="What does the function do when mode is neither 'max' nor 'avg'?")
@settings(max_examples=8)
@given(arguments=images())
def test_unknown_mode(submission, reference, arguments):
    """an unknown mode is a ValueError"""
    X, pool_size = arguments["X"], arguments["pool_size"]
    for mode in UNKNOWN_MODES:  # each time all of them: hypothesis draws some often and others never
        assert_raises("ValueError", submission.pool2d, X, pool_size, mode, mentions=MODE_NAMES)


@check(points=1, hidden=True, hint="Is a window refused that is too tall, but not too wide?")
@settings(max_examples=4)
@given(entries=distinct((3, 3)))
def test_window_too_large(submission, reference, entries):
    """a window larger than the image is a ValueError"""
    for (h, w), window in TOO_LARGE:
        X = entries.flatten()[: h * w].reshape(h, w)
        for mode in ("max", "avg"):
            assert_raises("ValueError", submission.pool2d, X, window, mode, mentions=WINDOW_NAMES)


def stairs():
    """An image that rises to the right and downwards, with one bright and one dark spot."""
    X = torch.arange(10.0)[:, None] * 0.5 + torch.arange(12.0)  # (10, 12)
    X[2, 3], X[6, 8] = 20.0, -20.0
    return X


@picture("maxima of 3 × 2 windows, around a bright and a dark spot", axes=("column", "row"))
def maxima(answer):
    return answer.pool2d(stairs(), (3, 2), "max")


@picture("averages of the same windows", axes=("column", "row"))
def averages(answer):
    return answer.pool2d(stairs(), (3, 2), "avg")
