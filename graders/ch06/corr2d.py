"""Checks of corr2d."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_raises, check, picture, sizes, tensors

NAMES = ("K", "X", "kernel", "filter", "image", "input", "Filter", "Image", "Input", "核")
RECTANGLES = [(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2), (1, 4), (4, 1), (2, 4), (4, 2)]
TOO_LARGE = [  # an image, and a kernel that is taller, wider or both; the last two have fewer entries
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
def images(draw, h=None, w=None, kh=None, kw=None, dtype=torch.float32):
    """An image and a kernel that fits into it."""
    h, w = draw(sizes(h, least=kh or 1)), draw(sizes(w, least=kw or 1))
    kh, kw = draw(sizes(kh, most=h)), draw(sizes(kw, most=w))
    return draw(filled((h, w), (kh, kw), dtype))


@st.composite
def filled(draw, image, kernel, dtype=torch.float32):
    """An image and a kernel of these shapes. Where float32 would have to round, use sixteenths."""
    X, K = draw(tensors(image, dtype)), draw(tensors(kernel, dtype))
    return {"X": X, "K": K} if dtype is torch.float64 else {"X": sixteenths(X), "K": sixteenths(K)}


def sixteenths(values):
    """Rounded so that sums of products are exact in float32, in every order."""
    return (values * 16).round() / 16


@st.composite
def rectangles(draw):
    """A kernel that is no square, and an image that is at most three larger."""
    kh, kw = draw(st.sampled_from(RECTANGLES))
    h, w = kh + draw(st.integers(0, 3)), kw + draw(st.integers(0, 3))
    return draw(filled((h, w), (kh, kw)))


def size_of_sums(X, K):
    """The largest sum of products that has to be rounded."""
    windows = X.abs().unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
    return float((windows * K.abs()).sum(dim=(2, 3)).max())


contract = Contract(
    "corr2d",
    images,
    single=("h", "w", "kh", "kw"),
    grow=({"h": 6, "w": 8, "kh": 3, "kw": 2}, {"h": 24, "w": 32, "kh": 3, "kw": 2}),
    points={"gradients": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    X = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    K = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(points=2)
@given(arguments=images(dtype=torch.float64))
def test_any_image(submission, reference, arguments):
    """any image, any kernel"""
    X, K = arguments["X"].float(), arguments["K"].float()
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K), magnitude=size_of_sums(X, K))


@check(points=1)
@settings(max_examples=40)
@given(arguments=images(), a=st.integers(0, 5), b=st.integers(0, 5))
def test_kernel_with_a_single_one(submission, reference, arguments, a, b):
    """a kernel with a single 1 cuts a part out of the image"""
    X, K = arguments["X"], torch.zeros_like(arguments["K"])
    K[a % K.shape[0], b % K.shape[1]] = 1.0
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(
    points=2, hidden=True, hint="Which side of the kernel goes with the rows of X, which with its columns?"
)
@given(arguments=rectangles())
def test_rectangular_kernel(submission, reference, arguments):
    """kernels that are taller than wide, or wider than tall"""
    X, K = arguments["X"], arguments["K"]
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(
    points=1, hidden=True, hint="In how many places does a kernel fit that is exactly as large as the image?"
)
@settings(max_examples=30)
@given(arguments=st.tuples(sizes(), sizes()).flatmap(lambda shape: filled(shape, shape)))
def test_kernel_as_large_as_image(submission, reference, arguments):
    """a kernel as large as the image"""
    X, K = arguments["X"], arguments["K"]
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(points=1, hidden=True, hint="What does a kernel with one entry do to an image?")
@settings(max_examples=25)
@given(arguments=images(kh=1, kw=1))
def test_kernel_of_one_entry(submission, reference, arguments):
    """a kernel of one entry"""
    X, K = arguments["X"], arguments["K"]
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(points=1, hidden=True, hint="Does the result of a window depend on where in the image it lies?")
@settings(max_examples=30)
@given(arguments=images(), down=st.integers(0, 5), right=st.integers(0, 5))
def test_part_of_image(submission, reference, arguments, down, right):
    """without its first rows and columns, the image gives the rest of the result"""
    X, K = arguments["X"], arguments["K"]
    down, right = min(down, len(X) - len(K)), min(right, X.shape[1] - K.shape[1])
    whole = submission.corr2d(X, K)
    assert_close(whole, reference.corr2d(X, K))
    assert_close(submission.corr2d(X[down:, right:].contiguous(), K), whole[down:, right:])


@check(points=1, hidden=True, hint="What should happen to the result when every entry of K is doubled?")
@settings(max_examples=25)
@given(arguments=images(), other=tensors((6, 6)), factor=st.sampled_from([2.0, -1.0, 0.5, 8.0]))
def test_linear_in_kernel(submission, reference, arguments, other, factor):
    """kernels can be scaled and added before or after"""
    X, K = arguments["X"], arguments["K"]
    second = sixteenths(other[: K.shape[0], : K.shape[1]])
    results = submission.corr2d(X, K), submission.corr2d(X, second)
    assert_close(results, (reference.corr2d(X, K), reference.corr2d(X, second)))
    assert_close(submission.corr2d(X, K * factor + second), results[0] * factor + results[1])


@check(points=1, hidden=True, hint="Is every entry stored with all its digits?")
@settings(max_examples=25)
@given(arguments=images(), exponent=st.sampled_from([-4, 4, -40, 40]))
def test_huge_and_tiny(submission, reference, arguments, exponent):
    """large entries meet tiny ones"""
    X, K = arguments["X"] * 2.0**exponent, arguments["K"] * 2.0**-exponent
    assert_close(submission.corr2d(X, K), reference.corr2d(X, K))


@check(points=1, hidden=True, hint="Is a kernel refused that is too tall, but not too wide?")
@settings(max_examples=4)
@given(entries=tensors((16,)))
def test_kernel_too_large(submission, reference, entries):
    """a kernel larger than the image is a ValueError"""
    for image, kernel in TOO_LARGE:
        X, K = (entries[: math.prod(shape)].reshape(shape) for shape in (image, kernel))
        assert_raises("ValueError", submission.corr2d, X, K, mentions=NAMES)


@picture("an image of a square, and its edges", axes=("column", "row"))
def edges(answer):
    X = torch.zeros(12, 13)
    X[3:9, 3:10] = 1.0
    return answer.corr2d(X, torch.tensor([[1.0, -1.0]]))
