"""Entropy, cross-entropy and divergence: oracle and known mistakes.

All three are sums of -p log r: r is p for the entropy, q for the cross-entropy, q / p for the
divergence. A mistake may be made in all of them or in some: such mistakes say `where`.
"""

import functools
import math

import torch

from dlex.grading import mistake

FUNCTIONS = ("entropy", "cross_entropy", "kl_divergence")
OF_TWO = (("cross_entropy",), ("kl_divergence",), ("cross_entropy", "kl_divergence"))
WHERE = (FUNCTIONS, ("entropy",), *OF_TWO)


def entropy(p, base=math.e):
    return torch.special.entr(p).sum() / math.log(base)


def cross_entropy(p, q, base=math.e):
    return -torch.xlogy(p, q).sum() / math.log(base)


def kl_divergence(p, q, base=math.e):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum() / math.log(base)


def _as_it_is(x):
    return x


def formula_mistake(explanation, *, where=WHERE, **constants):
    """A mistake in the formula: a function of p, of r and of the base.

    `r` is a function too: r(f) is what comes of f(p) and f(q) instead of p and q.
    """

    def register(formula):
        @mistake(explanation, of=FUNCTIONS, where=where, **constants)
        @functools.wraps(formula)
        def wrong(where, **chosen):
            def wrong_entropy(p, base=math.e):
                return formula(p, lambda f=_as_it_is: f(p), base, **chosen)

            def wrong_cross_entropy(p, q, base=math.e):
                return formula(p, lambda f=_as_it_is: f(q), base, **chosen)

            def wrong_kl_divergence(p, q, base=math.e):
                return formula(p, lambda f=_as_it_is: f(q) / f(p), base, **chosen)

            return _spoiled(where, wrong_entropy, wrong_cross_entropy, wrong_kl_divergence)

        return wrong

    return register


def _spoiled(where, *wrong):
    """The three functions, wrong where they are meant to be."""
    right = (entropy, cross_entropy, kl_divergence)
    return tuple(w if name in where else r for name, w, r in zip(FUNCTIONS, wrong, right, strict=True))


def _terms(p, r, log=torch.log):
    """-p log r of the outcomes that are possible."""
    possible = p > 0
    return -p[possible] * log(r()[possible])


@formula_mistake(
    "0 times the infinite logarithm of 0 is nan: an outcome with probability 0 adds nothing",
    hint="Print the terms for p = q = [1, 0] before they are added up. Which of them is nan, and must its outcome ever meet a logarithm?",
)
def zero_times_logarithm(p, r, base):
    return -(p * torch.log(r())).sum() / math.log(base)


@formula_mistake(
    "takes no notice of `base`",
    hint="Call it with base=2 and with base=4, all else the same. By which factor should the two results differ, and by which do yours?",
    log=(torch.log, torch.log2, torch.log10),
)
def ignores_base(p, r, base, log):
    return _terms(p, r, log).sum()


@formula_mistake(
    "multiplies by the logarithm of the base: a logarithm to a larger base is smaller",
    hint="The logarithm of 8 to base 2 is 3. How do you get this 3 from ln(8) = 2.079 and ln(2) = 0.693?",
)
def multiplies_by_base(p, r, base):
    return _terms(p, r).sum() * math.log(base)


@formula_mistake(
    "divides by the base itself: another base divides every logarithm by ln(base)",
    hint="Leave `base` out: it is e then, and the logarithm should stay the plain ln. By which number does your code divide it?",
)
def divides_by_base(p, r, base):
    return _terms(p, r).sum() / base


@formula_mistake(
    "the logarithms of the probabilities and of the base are of two kinds",
    hint="What should the logarithm of 10 to base 10 be? Put 10 into both of your logarithms, that of the probabilities and that of the base, and divide.",
    log=("log2", "log10"),
)
def two_kinds_of_logarithm(p, r, base, log):
    return _terms(p, r).sum() / getattr(math, log)(base)


@formula_mistake(
    "the sign is wrong: none of the three is ever negative",
    hint="Follow an outcome with p = 0.5 and q = 0.25 through your lines: does it add to the result or take away from it? Which should it do?",
)
def sign(p, r, base):
    return -_terms(p, r).sum() / math.log(base)


@formula_mistake(
    "the terms are not added up: one number is asked for",
    hint="Print the shape of what you return for k = 4. Where do four numbers become one in the statement's formula, and where in your code?",
)
def not_summed(p, r, base):
    return torch.where(p > 0, -p * torch.log(r()), 0.0) / math.log(base)


@formula_mistake(
    "takes the mean over the outcomes: their probabilities are the weights, so add the terms up",
    hint="Divide the result in the docstring's example by yours. What does that number count?",
)
def mean(p, r, base):
    return _terms(p, r).sum() / len(p) / math.log(base)


@formula_mistake(
    "the logarithms are not weighted: each counts as often as its outcome happens, p_i",
    hint="Print the numbers that your logarithms are multiplied by, for p = [0.9, 0.1]. What do they add up to, and what should they?",
)
def not_weighted(p, r, base):
    return -torch.log(r()[p > 0]).sum() / math.log(base)


@formula_mistake(
    "leaves out what is impossible by q: an outcome with p > 0 and q = 0 makes the sum infinite",
    hint="List the outcomes that your sum runs over for p = [0.5, 0.5] and q = [1, 0]. Which outcomes do happen?",
    where=OF_TWO,
)
def skips_impossible(p, r, base):
    expected = (p > 0) & (r() > 0)
    return -(p[expected] * torch.log(r()[expected])).sum() / math.log(base)


@formula_mistake(
    "nan_to_num turns more than nan into numbers: an outcome with p > 0 and q = 0 has to stay infinite",
    hint="Print nan_to_num of a tensor with nan and inf. Which outcomes give nan, and could they stay out of your sum from the start?",
    where=OF_TWO,
    before_sum=(True, False),
)
def infinity_to_number(p, r, base, before_sum):
    terms = -p * torch.log(r())
    if before_sum:
        return torch.nan_to_num(terms).sum() / math.log(base)
    return torch.nan_to_num(torch.nansum(terms)) / math.log(base)


SMALL = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, "eps")
GUARDS = {"adds": lambda x, eps: x + eps, "clamps": lambda x, eps: x.clamp(min=eps)}


@formula_mistake(
    "keeps probabilities away from 0 with a small number: where p > 0 and q = 0, the result then is finite",
    hint="Take p = [0.5, 0.5] and q = [1, 0], then make your small number 1000 times as small. What happens to your result, and what should it be?",
    where=(*OF_TWO, FUNCTIONS),
    guard=tuple(GUARDS),
    eps=SMALL,
)
def epsilon(p, r, base, guard, eps):
    small = getattr(torch.finfo(p.dtype), eps) if isinstance(eps, str) else eps
    return -(p * torch.log(r(lambda x: GUARDS[guard](x, small)))).sum() / math.log(base)


@mistake(
    "p and q have changed places: the outcomes happen with probability p, the belief is q",
    hint="Take an outcome with p = 0.5 and q = 0.25. Which number stands in front of the logarithm in the statement, and which in your code?",
    of=FUNCTIONS,
    where=OF_TWO,
)
def swapped(where):
    return _spoiled(
        where,
        entropy,
        lambda p, q, base=math.e: cross_entropy(q, p, base),
        lambda p, q, base=math.e: kl_divergence(q, p, base),
    )


@mistake(
    "weights the logarithms with q: the outcomes happen with probability p",
    hint="In 100 draws from p = [0.9, 0.1], about how often does the first outcome come up? As how many does your sum count it if q = [0.5, 0.5]?",
    of=FUNCTIONS,
    where=OF_TWO,
)
def weighted_with_q(where):
    return _spoiled(
        where,
        entropy,
        lambda p, q, base=math.e: entropy(q, base),
        lambda p, q, base=math.e: -kl_divergence(q, p, base),
    )


@mistake(
    "returns the cross-entropy: the divergence is what it has above the entropy of p",
    hint="What does it cost to believe in the truth, q = p? Compute your divergence for p = q = [0.5, 0.5].",
    of="kl_divergence",
)
def cross_entropy_for_divergence(p, q, base=math.e):
    return cross_entropy(p, q, base)


@mistake(
    "returns the divergence: the cross-entropy has the entropy of p on top of it",
    hint="Is somebody who believes in the truth never surprised? Compute your cross-entropy and your entropy for p = q = [0.5, 0.5].",
    of="cross_entropy",
)
def divergence_for_cross_entropy(p, q, base=math.e):
    return kl_divergence(p, q, base)


@formula_mistake(
    "returns a number of Python's: a 0-d tensor is asked for, through which gradients flow",
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
)
def python_number(p, r, base):
    return (_terms(p, r).sum() / math.log(base)).item()


@formula_mistake(
    "cuts the result off from the probabilities: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
)
def cut_off(p, r, base):
    return (_terms(p, r).sum() / math.log(base)).detach()
