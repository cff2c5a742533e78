"""Checks of multi_head_attention."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_raises, check, labels, picture, sizes, tensors

LARGE = 4000.0


@st.composite
def batches(draw, b=None, n=None, m=None, num_heads=None, size=None, dtype=torch.float32, lens=None):
    """Arguments in order; `lens` is "example", "query" or None: then valid_lens is left out."""
    b, n, m = draw(sizes(b, most=3)), draw(sizes(n, most=5)), draw(sizes(m, most=5))
    dq, dk, dv = (draw(sizes(most=4)) for _ in range(3))
    num_heads = draw(sizes(num_heads, most=3))
    h = num_heads * draw(sizes(size, most=5))
    arguments = {
        "Q": draw(tensors((b, n, dq), dtype, 0.5)),
        "K": draw(tensors((b, m, dk), dtype, 0.5)),
        "V": draw(tensors((b, m, dv), dtype, 0.25)),
        "W_q": draw(tensors((dq, h), dtype, 0.25)),
        "W_k": draw(tensors((dk, h), dtype, 0.25)),
        "W_v": draw(tensors((dv, h), dtype, 0.25)),
        "W_o": draw(tensors((h, h), dtype, 0.25)),
        "num_heads": num_heads,
    }
    if lens == "example":
        arguments["valid_lens"] = draw(labels(b, m)) + 1
    elif lens == "query":
        arguments["valid_lens"] = draw(labels(b * n, m)).reshape(b, n) + 1
    return arguments


def compare(submission, reference, arguments, **tolerance):
    value, expected = (f.multi_head_attention(*arguments.values()) for f in (submission, reference))
    assert_close(value, expected, **tolerance)


def largest_score(arguments):
    """What no score exceeds, in size."""
    queries = arguments["Q"].double() @ arguments["W_q"].double()
    keys = arguments["K"].double() @ arguments["W_k"].double()
    return float(queries.norm(dim=2).max() * keys.norm(dim=2).max())


def first(order, count):
    """The order of the first `count` things in an order of more."""
    return torch.tensor([index for index in order if index < count])


@st.composite
def uneven(draw):
    """A number of heads, and an h that it does not divide."""
    num_heads = draw(sizes(least=2, most=7))
    return num_heads, num_heads * draw(sizes(least=0, most=2)) + draw(sizes(most=num_heads - 1))


contract = Contract(
    "multi_head_attention",
    batches,
    single=("b", "n", "m", "num_heads"),
    grow=(
        {"b": 2, "n": 4, "m": 5, "num_heads": 2, "size": 2},
        {"b": 4, "n": 8, "m": 10, "num_heads": 4, "size": 4},
    ),
    points={"gradients": 2},
)


@check(points=1)
def test_worked_example(submission, reference):
    """two queries, three keys, two heads"""
    Q = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    K = torch.tensor([[[1.0], [0.0], [-1.0]]])
    V = torch.tensor([[[1.0, 2.0, 3.0], [0.0, -1.0, 1.0], [4.0, 0.0, 0.0]]])
    W_q = torch.tensor([[1.0, 0.0, 1.0, 2.0], [0.0, 1.0, -1.0, 0.0]])
    W_k = torch.tensor([[1.0, -1.0, 0.0, 1.0]])
    W_v = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]])
    W_o = torch.tensor(
        [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [0.0, 2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    )
    arguments = Q, K, V, W_q, W_k, W_v, W_o, 2
    assert_close(submission.multi_head_attention(*arguments), reference.multi_head_attention(*arguments))


@check(
    points=2,
    hint="Write the shape of each of your tensors beside its line, for b = 2, n = 3, m = 4, h = 6 and two heads. What does each axis stand for?",
)
@given(arguments=batches())
def test_any_batch(submission, reference, arguments):
    """any batch in which all keys count"""
    compare(submission, reference, {**arguments, "valid_lens": None})


@check(points=1)
@given(arguments=batches(), sizes_that_clash=uneven())
def test_heads_do_not_divide(submission, reference, arguments, sizes_that_clash):
    """a number of heads that does not divide h is refused"""
    arguments["num_heads"], h = sizes_that_clash
    for name in ("W_q", "W_k", "W_v"):
        arguments[name] = torch.ones(len(arguments[name]), h)
    arguments["W_o"] = torch.ones(h, h)
    words = ("head", "hidden", "divi", "multiple", "头", "整除")
    assert_raises("ValueError", submission.multi_head_attention, *arguments.values(), mentions=words)


@check(
    points=2,
    hidden=True,
    hint="For two examples with the lengths 1 and 2, print the weights of every head and query. Which of them are 0, and which should be?",
)
@given(arguments=batches(lens="example"))
def test_one_length_per_example(submission, reference, arguments):
    """one length for each example"""
    compare(submission, reference, arguments)


@check(
    points=2,
    hidden=True,
    hint="A length for each query of each example: which axes of the scores does it belong to?",
)
@given(arguments=batches(lens="query"))
def test_one_length_per_query(submission, reference, arguments):
    """one length for each query"""
    compare(submission, reference, arguments)


@check(
    points=1,
    hidden=True,
    hint="What keeps a key that is not seen out of the sum of the softmax, however well it fits?",
)
@given(
    arguments=batches(dtype=torch.float64, lens="example") | batches(dtype=torch.float64, lens="query"),
    size=st.sampled_from([1.0, 20.0, 400.0, 20_000.0]),
)
def test_unseen_keys(submission, reference, arguments, size):
    """keys that are not seen change nothing, however large, and get no gradient"""
    m = arguments["K"].shape[1]
    longest = arguments["valid_lens"].reshape(len(arguments["K"]), -1).amax(dim=1)  # (b,)
    unseen = (torch.arange(m) >= longest[:, None])[:, :, None]  # (b, m, 1)
    for name in ("K", "V"):
        arguments[name] = torch.where(unseen, size * (1 + arguments[name]), arguments[name])
    for name in ("Q", "K", "V"):
        arguments[name].requires_grad_()
    shape = *arguments["Q"].shape[:2], len(arguments["W_o"])
    weights = torch.linspace(1.0, 2.0, math.prod(shape)).double().reshape(shape)
    value, gradients = submission.multi_head_attention.gradients(weights, *arguments.values())
    expected, expected_gradients = reference.multi_head_attention.gradients(weights, *arguments.values())
    assert_close(value, expected)
    for name, gradient, wanted in zip("QKV", gradients, expected_gradients, strict=True):
        arrived = torch.zeros_like(wanted) if gradient is None else gradient
        assert_close(arrived, wanted, what=f"the gradient of {name}")


@check(points=1, hidden=True)
@given(arguments=batches(lens="example"), order=st.permutations(range(3)))
def test_examples_in_any_order(submission, reference, arguments, order):
    """examples in another order give results in that order"""
    expected = reference.multi_head_attention(*arguments.values())
    order = first(order, len(expected))
    moved = {name: arguments[name][order] for name in ("Q", "K", "V", "valid_lens")}
    value = submission.multi_head_attention(*{**arguments, **moved}.values())
    assert_close(value, expected[order])


@check(
    points=1, hidden=True, hint="Does the place of a key matter anywhere, as long as its value moves with it?"
)
@given(arguments=batches(), order=st.permutations(range(5)))
def test_keys_in_any_order(submission, reference, arguments, order):
    """keys in another order, with their values, change nothing"""
    expected = reference.multi_head_attention(*arguments.values())
    order = first(order, arguments["K"].shape[1])
    moved = {name: arguments[name][:, order] for name in ("K", "V")}
    value = submission.multi_head_attention(*{**arguments, **moved}.values())
    assert_close(value, expected)


@check(
    points=1,
    hidden=True,
    hint="What is exp(1000), and which constant may be subtracted from all scores of a query?",
)
@given(arguments=batches(), scale=st.sampled_from([100.0, 1000.0]))
def test_large_scores(submission, reference, arguments, scale):
    """scores in the thousands"""
    arguments["Q"] = arguments["Q"] * scale
    compare(submission, reference, arguments, magnitude=largest_score(arguments))


@check(
    points=1,
    hidden=True,
    hint="All scores of a query may be far below zero. Is the one of a key that is not seen lower still?",
)
@given(arguments=batches(dtype=torch.float64, lens="example"))
def test_unseen_keys_among_large_scores(submission, reference, arguments):
    """scores in the thousands, of keys that are seen and keys that are not"""
    arguments["Q"] = arguments["Q"] * (LARGE / max(largest_score(arguments), 1.0))
    compare(submission, reference, arguments, magnitude=LARGE)


@picture("which keys a query looks at, head 0 above head 1", axes=("key", "query"))
def weights(answer):
    """With one-hot values and no mixing, the outputs are the weights. The queries see the keys up to their own."""
    n = 8
    steps = torch.arange(float(n))
    near = torch.exp(-((steps[:, None] - steps) ** 2) / 2)  # (n, n), large where steps are close
    one_hot = torch.eye(n)
    heads = torch.cat([8 * near, 8 * near.roll(-3, dims=1)], dim=1)  # (n, 2n): its own step; three before
    weighted = answer.multi_head_attention(
        one_hot[None],
        one_hot[None],
        one_hot[None],
        heads,
        torch.cat([one_hot, one_hot], dim=1),
        torch.cat([one_hot, one_hot], dim=1),
        torch.eye(2 * n),
        2,
        torch.arange(1, n + 1)[None],
    )  # (1, n, 2n)
    return weighted.reshape(n, 2, n).transpose(0, 1).reshape(2 * n, n)
