"""Checks of gaussian_nll."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, assert_raises, check, sizes, tensors

KINDS = ("n", "1", "")  # one for each observation, or one for all, with a dimension or without


def shape(kind, n):
    return {"n": (n,), "1": (1,), "": ()}[kind]


@st.composite
def samples(draw, n=None, dtype=torch.float32, kinds=KINDS):
    """Observations, means and standard deviations of 0.5 and more: no term is ever below 0."""
    n = draw(sizes(n))
    mu = draw(tensors(shape(draw(st.sampled_from(kinds)), n), dtype))
    sigma = draw(tensors(shape(draw(st.sampled_from(kinds)), n), dtype)).abs() / 2 + 0.5
    return {"y": draw(tensors((n,), dtype)), "mu": mu, "sigma": sigma}


@st.composite
def scaled_samples(draw, scales):
    """Samples with a smaller or larger sigma, in some of which y lies within a few of them of the mean."""
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    sample = draw(samples(dtype=dtype))
    y, mu, sigma = sample["y"], sample["mu"], sample["sigma"] * draw(scales)
    return {"y": mu + sigma * y if draw(st.booleans()) else y, "mu": mu, "sigma": sigma}


contract = Contract(
    "gaussian_nll", samples, single=("n",), grow=({"n": 4}, {"n": 24}), points={"gradients": 2}, half=True
)


@check(points=1)
def test_worked_example(submission, reference):
    """the example of the statement"""
    y, one = torch.tensor([0.0, 2.0]), torch.tensor(1.0)
    assert_close(submission.gaussian_nll(y, one, one), reference.gaussian_nll(y, one, one))


@check(points=2)
@given(sample=samples(kinds=("n",)) | samples(n=20, kinds=("n",)))
def test_one_sigma_each(submission, reference, sample):
    """a mean and a sigma for each observation"""
    assert_close(submission.gaussian_nll(*sample.values()), reference.gaussian_nll(*sample.values()))


@check(points=2)
@given(sample=samples(kinds=("", "1")) | samples())
def test_one_sigma_for_all(submission, reference, sample):
    """one mean or one sigma for all observations"""
    assert_close(submission.gaussian_nll(*sample.values()), reference.gaussian_nll(*sample.values()))


@check(points=2, hidden=True, hint="Is anything added to sigma, or is it kept above some number?")
@given(sample=scaled_samples(st.sampled_from([2e-3, 2e-8])))
def test_small_sigma(submission, reference, sample):
    """a sigma down to 0.00000001"""
    nll, expected = submission.gaussian_nll(*sample.values()), reference.gaussian_nll(*sample.values())
    assert_close(nll, expected, terms=largest_term(**sample))


@check(points=1, hidden=True)
@given(sample=scaled_samples(st.sampled_from([1e3, 1e4, 0.1])))
def test_large_sigma(submission, reference, sample):
    """a sigma up to 40,000"""
    nll, expected = submission.gaussian_nll(*sample.values()), reference.gaussian_nll(*sample.values())
    assert_close(nll, expected, terms=largest_term(**sample))


@check(points=2, hidden=True, hint="What is exp(-500000), and what is its logarithm?")
@given(sample=samples(), scale=st.sampled_from([1000.0, 100.0, 20.0]))
def test_far_observations(submission, reference, sample, scale):
    """observations 1,000 standard deviations away"""
    far = sample["mu"] + scale * sample["sigma"] * sample["y"].sign()
    arguments = far, sample["mu"], sample["sigma"]
    assert_close(submission.gaussian_nll(*arguments), reference.gaussian_nll(*arguments))


def largest_term(y, mu, sigma):
    """The size of the largest number that every right answer adds up, and of all of them together."""
    y, mu, sigma = y.double(), mu.double(), sigma.double()
    terms = ((y - mu) / sigma) ** 2 / 2 + sigma.log().abs() + 1  # (n,)
    return float(terms.sum())


@check(points=2, hidden=True, hint="Is a sigma of exactly 0 refused, and a single bad one among many?")
@settings(max_examples=30)
@given(
    sample=samples(n=3, kinds=("n",)) | samples(),
    where=st.integers(0, 5),
    count=st.sampled_from([1, 2]),
)
def test_sigma_not_positive(submission, reference, sample, where, count):
    """a sigma of 0 or below: a ValueError"""
    places = [place % sample["sigma"].numel() for place in range(where, where + count)]
    for bad in (0.0, -1.0, -0.5):
        sigma = sample["sigma"].clone()
        sigma.view(-1)[places] = bad
        arguments = sample["y"], sample["mu"], sigma
        assert_raises("ValueError", submission.gaussian_nll, *arguments, mentions=NAMES)


NAMES = ("sigma", "σ", "scale", "standard deviation", "std", "标准差")
