"""Negative log-likelihood of a normal distribution: oracle and known mistakes."""

import functools
import math

import torch

from dlex.grading import mistake

HALF_LOG_2PI = math.log(2 * math.pi) / 2


def gaussian_nll(y, mu, sigma):
    _positive(sigma)
    normal = torch.distributions.Normal(mu, sigma, validate_args=False)
    return -normal.log_prob(y).sum()


def _positive(sigma):
    if sigma.min() <= 0:
        raise ValueError("sigma must be positive")


def terms_mistake(explanation, **constants):
    """A mistake in the term of one observation: a function of y, mu and sigma, here of one shape."""

    def register(terms):
        @mistake(explanation, **constants)
        @functools.wraps(terms)
        def wrong(y, mu, sigma, **chosen):
            _positive(sigma)
            return terms(y, mu.expand(y.shape), sigma.expand(y.shape), **chosen).sum()

        return wrong

    return register


def _square(y, mu, sigma):
    return ((y - mu) / sigma) ** 2


@terms_mistake(
    "the constant ln(2 pi) / 2 of each observation is missing",
    hint="What is the density of an observation at its mean, with sigma = 1? Compare its negative logarithm with what you return.",
)
def no_constant(y, mu, sigma):
    return _square(y, mu, sigma) / 2 + torch.log(sigma)


@terms_mistake(
    "the constant of each observation is wrong: the logarithm of the root of 2 pi is ln(2 pi) / 2",
    hint="An observation at its mean has the density 0.3989 if sigma = 1. Compare -ln(0.3989) with what you return: which of your lines makes the difference?",
    constant=(2 * HALF_LOG_2PI, math.log(math.pi) / 2, math.log(2) / 2, 0.5 * math.log10(2 * math.pi)),
)
def wrong_constant(y, mu, sigma, constant):
    return _square(y, mu, sigma) / 2 + torch.log(sigma) + constant


@terms_mistake(
    "ln(sigma) is missing: a density that is wider is also lower",
    hint="Put an observation at its mean and double sigma. What happens to its density, and what to your result?",
)
def no_log_sigma(y, mu, sigma):
    return _square(y, mu, sigma) / 2 + HALF_LOG_2PI


@terms_mistake(
    "adds the logarithm of the variance: the root makes it ln(sigma), half as much",
    hint="Put an observation at its mean and make sigma 10 times as large: the density falls to a tenth. What is ln(10), and by how much does your result grow?",
)
def log_of_variance(y, mu, sigma):
    return _square(y, mu, sigma) / 2 + 2 * torch.log(sigma) + HALF_LOG_2PI


@terms_mistake(
    "takes ln(sigma) by half: that belongs to the logarithm of the variance",
    hint="Put an observation at its mean and make sigma 10 times as large: the density falls to a tenth. What is ln(10), and by how much does your result grow?",
)
def half_log_sigma(y, mu, sigma):
    return _square(y, mu, sigma) / 2 + torch.log(sigma) / 2 + HALF_LOG_2PI


@terms_mistake(
    "the squared distance is divided by sigma: divide by its square",
    hint="Take y - mu = 4 and sigma = 2. How large is the exponent in the statement's density, and how large is your term for it?",
)
def sigma_not_squared(y, mu, sigma):
    return (y - mu) ** 2 / (2 * sigma) + torch.log(sigma) + HALF_LOG_2PI


@terms_mistake(
    "takes sigma for the variance: it is the standard deviation",
    hint="Put sigma = 3 into the statement's density: what is multiplied by 2 in the exponent, and by 2 pi under the root? And in your lines?",
)
def sigma_for_variance(y, mu, sigma):
    return (y - mu) ** 2 / (2 * sigma) + torch.log(sigma) / 2 + HALF_LOG_2PI


@terms_mistake(
    "the squared distance is not halved",
    hint="Take y - mu = 2 and sigma = 1. How large is the exponent in the statement's density, and how large is your term for it?",
)
def square_not_halved(y, mu, sigma):
    return _square(y, mu, sigma) + torch.log(sigma) + HALF_LOG_2PI


@terms_mistake(
    "the distance is not squared",
    hint="Double the distance y - mu: by which factor does the exponent in the statement's density grow, and by which your term for it?",
)
def distance_not_squared(y, mu, sigma):
    return (y - mu).abs() / sigma / 2 + torch.log(sigma) + HALF_LOG_2PI


@terms_mistake(
    "leaves sigma out of the distance: it is measured in standard deviations",
    hint="What is more surprising: y - mu = 1 where sigma = 0.1, or where sigma = 10? Compare what your code makes of the distance in both.",
)
def distance_without_sigma(y, mu, sigma):
    return (y - mu) ** 2 / 2 + torch.log(sigma) + HALF_LOG_2PI


@terms_mistake(
    "opens the brackets of the squared distance: y^2 - 2 y mu + mu^2 loses the digits that matter where sigma "
    "is small",
    hint="Compute y^2 - 2 y mu + mu^2 for y = 1000.1 and mu = 1000 in float32. What comes out in place of 0.01, and how large are the numbers that were subtracted?",
)
def brackets_opened(y, mu, sigma):
    return (y**2 - 2 * y * mu + mu**2) / (2 * sigma**2) + torch.log(sigma) + HALF_LOG_2PI


SMALL = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
GUARDS = {
    "added to sigma": lambda sigma, eps: sigma + eps,
    "added to the variance": lambda sigma, eps: torch.sqrt(sigma**2 + eps),
    "least sigma": lambda sigma, eps: sigma.clamp(min=eps),
    "least variance": lambda sigma, eps: torch.sqrt((sigma**2).clamp(min=eps)),
}
VISIBLE = [(guard, eps) for guard in GUARDS for eps in SMALL if not guard.startswith("least")]
VISIBLE += [
    ("least sigma", 1e-3),
    ("least variance", 1e-4),
    ("least variance", 1e-5),
    ("least variance", 1e-6),
]


@terms_mistake(
    "keeps sigma away from 0 with a small number: sigma is positive, and its smallest values count too",
    hint="Which sigma would be dangerous without your small number? Does the statement let such a sigma reach that line?",
    guarded=tuple(VISIBLE),
    log_too=(True, False),
)
def epsilon(y, mu, sigma, guarded, log_too):
    guard, eps = guarded
    kept = GUARDS[guard](sigma, eps)
    return _square(y, mu, kept) / 2 + torch.log(kept if log_too else sigma) + HALF_LOG_2PI


@mistake(
    "returns the mean over the observations: their sum is asked for",
    hint="Hand in the same observation once, y = [0], and twice, y = [0, 0]. What happens to the product of the densities, and to your result?",
)
def mean(y, mu, sigma):
    return gaussian_nll(y, mu, sigma) / len(y)


@mistake(
    "returns one number for each observation: their sum is asked for",
    hint="Print the shape of your result for three observations. What turns three densities into one likelihood, and what does the logarithm make of that?",
)
def one_per_observation(y, mu, sigma):
    _positive(sigma)
    return _square(y, mu, sigma) / 2 + torch.log(sigma) + HALF_LOG_2PI


@mistake(
    "the sign is missing: this is the log-likelihood",
    hint="Move mu away from all observations. Should a result that is to be minimised grow or shrink then, and what does yours do?",
)
def sign(y, mu, sigma):
    return -gaussian_nll(y, mu, sigma)


@mistake(
    "returns the likelihood: its negative logarithm is asked for",
    hint="What do 100 densities of 0.1 give in float32 when they are multiplied, and what when their logarithms are added up?",
)
def likelihood(y, mu, sigma):
    return torch.exp(-gaussian_nll(y, mu, sigma))


@mistake(
    "takes the logarithm of a density that has become 0: write the logarithm of the product as a sum first",
    hint="Print torch.log(torch.exp(torch.tensor(-500.0))). What is it on paper, and does your code need exp at all?",
    product=(False, True),
)
def density_underflows(y, mu, sigma, product):
    _positive(sigma)
    densities = torch.exp(-_square(y, mu, sigma) / 2) / (sigma * math.sqrt(2 * math.pi))
    return -torch.log(densities.prod()) if product else -torch.log(densities).sum()


@mistake(
    "counts a term that all observations share only once: it belongs to each of the n, also where sigma is a "
    "single number",
    hint="Print the shape of each of your terms for n = 3 and a single sigma. Which of them does your result count three times, and which less often?",
    which=("ln(sigma)", "constant", "both"),
)
def shared_term_once(y, mu, sigma, which):
    _positive(sigma)
    logs, constants = torch.log(sigma), torch.full_like(y, HALF_LOG_2PI)
    logs = logs if which != "constant" else logs.expand(y.shape)
    constants = constants if which == "ln(sigma)" else constants[:1]
    return _square(y, mu, sigma).sum() / 2 + logs.sum() + constants.sum()


@mistake(
    "the constant is a float32 tensor: in float64 half of the digits are missing",
    hint="Print the dtype of your constant for arguments in float64. Which dtype does torch.tensor give to a Python float unless it is told?",
)
def float32_constant(y, mu, sigma):
    _positive(sigma)
    constant = torch.log(torch.tensor(2 * math.pi)) / 2
    return (_square(y, mu, sigma) / 2 + torch.log(sigma) + constant).sum()


@mistake(
    "returns a number of Python's: a 0-d tensor is asked for, through which gradients flow",
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
)
def python_number(y, mu, sigma):
    return gaussian_nll(y, mu, sigma).item()


@mistake(
    "cuts the result off from its arguments: no gradient flows back",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=("contract[gradients]",),
)
def cut_off(y, mu, sigma):
    return gaussian_nll(y, mu, sigma).detach()


@mistake(
    "changes its arguments: build new tensors instead of writing into them",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]", "contract[gradients]"),
    which=("y", "sigma"),
)
def in_place(y, mu, sigma, which):
    _positive(sigma)
    if which == "y":
        y -= mu
        return gaussian_nll(y, torch.zeros_like(mu), sigma)
    scale = sigma.clone()
    sigma *= sigma
    return gaussian_nll(y, mu, scale)


REFUSED = {
    "nothing": lambda sigma: False,
    "negative": lambda sigma: bool((sigma < 0).any()),
    "zero": lambda sigma: bool((sigma == 0).any()),
    "all": lambda sigma: bool((sigma <= 0).all()),
    "first": lambda sigma: bool(sigma.flatten()[0] <= 0),
}


@mistake(
    "lets a sigma through that is not positive: raise a ValueError if any entry is 0 or below",
    hint="Call it with sigma = [1, 0] and with sigma = [1, -1]. Which of the two raises a ValueError, and which should?",
    loses=("sigma_not_positive",),
    refused=tuple(REFUSED),
)
def not_refused(y, mu, sigma, refused):
    if REFUSED[refused](sigma):
        raise ValueError("sigma must be positive")
    terms = _square(y, mu, sigma) / 2 + torch.log(sigma) + HALF_LOG_2PI
    return terms.sum()
