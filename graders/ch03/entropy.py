"""Checks of entropy, cross_entropy and kl_divergence."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_unchanged, check, probabilities, sizes

bases = st.sampled_from([2, math.e, 10, 3.5, 1.5])
masks = st.lists(st.booleans(), min_size=6, max_size=6)


@st.composite
def distributions(draw, k=None, dtype=torch.float32):
    return {"p": draw(probabilities((draw(sizes(k, least=2)),), dtype)), "base": draw(bases)}


@st.composite
def pairs(draw, k=None, dtype=torch.float32):
    """Two distributions, never the same (unless k is 1): there the divergence is 0, a kink for some."""
    k = draw(sizes(k, least=2))
    p, q = draw(probabilities((k,), dtype)), draw(probabilities((k,), dtype))
    if torch.equal(p, q):
        q = (q + torch.eye(k, dtype=dtype)[0]) / 2
    return {"p": p, "q": q, "base": draw(bases)}


def contract_of(function, inputs):
    return Contract(
        function,
        inputs,
        single=("k",),
        grow=({"k": 4}, {"k": 24}),
        points=dict.fromkeys(("dtype", "views", "arguments", "single"), 0.5),
    )


entropy_contract = contract_of("entropy", distributions)
cross_entropy_contract = contract_of("cross_entropy", pairs)
kl_divergence_contract = contract_of("kl_divergence", pairs)


@check(points=1)
def test_worked_example(submission, reference):
    """the examples of the statement"""
    p = torch.tensor([0.5, 0.25, 0.25, 0.0])
    assert_close(submission.entropy(p, base=2), reference.entropy(p, base=2), what="the entropy")
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    cross_entropy = submission.cross_entropy(p, q, base=2)
    assert_close(cross_entropy, reference.cross_entropy(p, q, base=2), what="the cross-entropy")
    divergence = submission.kl_divergence(p, q, base=2)
    assert_close(divergence, reference.kl_divergence(p, q, base=2), what="the divergence")


@check(points=1)
@given(arguments=distributions() | distributions(k=20))
def test_any_entropy(submission, reference, arguments):
    """the entropy of any distribution"""
    assert_close(submission.entropy(*arguments.values()), reference.entropy(*arguments.values()))


@check(points=1)
@given(arguments=pairs() | pairs(k=20))
def test_any_cross_entropy(submission, reference, arguments):
    """the cross-entropy of any two distributions"""
    assert_close(submission.cross_entropy(*arguments.values()), reference.cross_entropy(*arguments.values()))


@check(points=1)
@given(arguments=pairs() | pairs(k=20))
def test_any_divergence(submission, reference, arguments):
    """the divergence of any two distributions"""
    assert_close(submission.kl_divergence(*arguments.values()), reference.kl_divergence(*arguments.values()))


@check(points=1)
@settings(max_examples=30)
@given(arguments=pairs())
def test_default_base(submission, reference, arguments):
    """without a base, the logarithm is the natural one"""
    p, q = arguments["p"], arguments["q"]
    assert_close(submission.entropy(p), reference.entropy(p), what="the entropy")
    assert_close(submission.cross_entropy(p, q), reference.cross_entropy(p, q), what="the cross-entropy")
    assert_close(submission.kl_divergence(p, q), reference.kl_divergence(p, q), what="the divergence")


def without(p, mask):
    """`p` with probability 0 wherever the mask says so, except for its first largest entry."""
    chosen = torch.tensor(mask[: len(p)])
    chosen[p.argmax()] = False
    p = p.masked_fill(chosen, 0.0)
    return p / p.sum()


@check(points=1, hidden=True, hint="What is 0 times the logarithm of 0, and what should it be?")
@given(arguments=distributions(), mask=masks)
def test_impossible_in_entropy(submission, reference, arguments, mask):
    """the entropy where outcomes have probability 0"""
    arguments["p"] = without(arguments["p"], mask)
    seen = submission.entropy.observe(*arguments.values())
    assert_close(seen.value, reference.entropy(*arguments.values()))
    assert_unchanged(arguments, seen.arguments)


@check(points=1, hidden=True, hint="What is 0 times the logarithm of 0, and what should it be?")
@given(arguments=pairs(), mask=masks, in_q=st.booleans())
def test_impossible_in_cross_entropy(submission, reference, arguments, mask, in_q):
    """the cross-entropy where outcomes have probability 0 in p, or in both"""
    arguments = impossible(arguments, mask, in_q)
    seen = submission.cross_entropy.observe(*arguments.values())
    assert_close(seen.value, reference.cross_entropy(*arguments.values()))
    assert_unchanged(arguments, seen.arguments)


@check(points=1, hidden=True, hint="What becomes of p log(p / q) where p is 0, and where q is 0 as well?")
@given(arguments=pairs(), mask=masks, in_q=st.booleans())
def test_impossible_in_divergence(submission, reference, arguments, mask, in_q):
    """the divergence where outcomes have probability 0 in p, or in both"""
    arguments = impossible(arguments, mask, in_q)
    seen = submission.kl_divergence.observe(*arguments.values())
    assert_close(seen.value, reference.kl_divergence(*arguments.values()))
    assert_unchanged(arguments, seen.arguments)


def impossible(arguments, mask, in_q):
    """p with zeros; q with zeros at some of the same places, if `in_q`."""
    p, q, base = arguments.values()
    p = without(p, mask)
    if in_q:
        q = without(q, (p == 0).tolist())
    return {"p": p, "q": q, "base": base}


@check(points=1, hidden=True, hint="What is -log(0), and does anything on the way hide it?")
@settings(max_examples=30)
@given(
    arguments=pairs(), mask=masks, place=st.integers(0, 5), rarity=st.sampled_from([1.0, 1e-4, 1e-9, 1e-30])
)
def test_impossible_in_belief(submission, reference, arguments, mask, place, rarity):
    """an outcome with p > 0 and q = 0 costs inf, however rare it is"""
    p, believed, base = arguments.values()
    only_one = [number == place % len(p) for number in range(len(mask))]
    p = torch.where(torch.tensor(only_one[: len(p)]), p * rarity, p)
    p = p / p.sum()
    for q in (without(believed, only_one), without(believed, mask)):
        cross_entropy, divergence = submission.cross_entropy(p, q, base), submission.kl_divergence(p, q, base)
        assert_close(cross_entropy, reference.cross_entropy(p, q, base), what="the cross-entropy")
        assert_close(divergence, reference.kl_divergence(p, q, base), what="the divergence")


@check(points=1, hidden=True, hint="Is anything added to a probability, or is it kept above some number?")
@settings(max_examples=30)
@given(
    arguments=pairs() | pairs(dtype=torch.float64),
    exponents=st.lists(st.integers(0, 37), min_size=6, max_size=6),
    rare=st.sampled_from(["q", "p", "pq"]),
)
def test_tiny_probabilities(submission, reference, arguments, exponents, rare):
    """probabilities in p and in q down to 1e-37"""
    p, q, base = arguments.values()
    p = with_tiny(p, exponents) if "p" in rare else p
    q = with_tiny(q, exponents[::-1]) if "q" in rare else q
    cross_entropy, divergence = submission.cross_entropy(p, q, base), submission.kl_divergence(p, q, base)
    assert_close(submission.entropy(p, base), reference.entropy(p, base), what="the entropy")
    assert_close(cross_entropy, reference.cross_entropy(p, q, base), what="the cross-entropy")
    assert_close(divergence, reference.kl_divergence(p, q, base), what="the divergence")


def with_tiny(p, exponents):
    """`p` with its entries made smaller by powers of 10, all but the last."""
    smaller = p[:-1] * 10.0 ** -torch.tensor(exponents[: len(p) - 1], dtype=torch.float64)
    changed = torch.cat([smaller.clamp(min=1e-37), torch.ones(1)])
    return (changed / changed.sum()).to(p.dtype)


@check(points=1, hidden=True, hint="Which of the three is the sum of the other two?")
@settings(max_examples=30)
@given(arguments=pairs(dtype=torch.float64))
def test_cross_entropy_is_the_sum(submission, reference, arguments):
    """the cross-entropy is the entropy and the divergence together"""
    p, q, base = arguments.values()
    together = submission.entropy(p, base) + submission.kl_divergence(p, q, base)
    assert_close(together, reference.cross_entropy(p, q, base), what="entropy + divergence")
    assert_close(submission.cross_entropy(p, q, base), together, what="the cross-entropy")
