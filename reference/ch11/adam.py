"""Adam: oracle and known mistakes."""

import torch

from dlex.grading import mistake


def adam_step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    weight = param.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.Adam([weight], lr=lr, betas=(beta1, beta2), eps=eps, foreach=False)
    state = {
        "step": torch.tensor(float(t - 1)),
        "exp_avg": m.detach().clone(),
        "exp_avg_sq": v.detach().clone(),
    }
    optimizer.state[weight] = state
    optimizer.step()
    return weight.detach(), state["exp_avg"], state["exp_avg_sq"]


def _moments(grad, m, v, beta1, beta2):
    return beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2


def _step(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """The right step, many times as fast as an optimiser made for one step."""
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "uses the moments as they are: both start at zero, so early on they are too small. Divide them by what?",
    hint="Start from m = v = 0 with g = 1. What are m and v after one step, and what would you like to divide them by?",
)
def no_bias_correction(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (torch.sqrt(v) + eps), m, v


@mistake(
    "corrects the first moment only: the second one starts at zero as well",
    hint="Make the first step with g = 1 by hand. How much of v is there, beside how much of m?",
)
def corrects_m_only(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v) + eps), m, v


@mistake(
    "corrects the second moment only: the first one starts at zero as well",
    hint="Make the first step with g = 1 by hand. How much of m is there, beside how much of v?",
)
def corrects_v_only(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "corrects by 1 - beta at every step: the power t is missing",
    hint="After two steps with g = 1, how large is m? How far from 1 is your correction of it?",
)
def correction_without_power(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1) / (torch.sqrt(v / (1 - beta2)) + eps), m, v


@mistake(
    "divides the root of v by the correction: correct v itself, then take the root",
    hint="Make the first step with g = 1 and eps = 0 by hand. What do you divide by?",
)
def corrects_the_root(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v) / (1 - beta2**t) + eps), m, v


@mistake(
    "returns the corrected moments: the next step would correct them again. Correct them for the update only.",
    hint="Make two steps by hand. Which m goes into the second one in the statement, and which in your code?",
)
def stores_corrected_moments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return param - lr * m / (torch.sqrt(v) + eps), m, v


@mistake(
    "adds eps inside the root: its root is far larger than eps itself",
    hint="What do you divide by where v is 0? Compare that number with eps.",
)
def eps_inside_root(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t) + eps), m, v


@mistake(
    "adds eps to the root of the second moment before its correction: correct first",
    hint="Write down what the statement does to v, one operation after the other. Where does eps come?",
)
def eps_before_correction(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return param - rate * m / (torch.sqrt(v) + eps), m, v


@mistake(
    "replaces roots below eps by eps: eps is added to every root",
    hint="What is the divisor for a root of 1e-8, by the statement and by your code?",
)
def eps_as_floor(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t)).clamp_min(eps), m, v


@mistake(
    "leaves eps out: where all gradients were zero, the update is 0 / 0, which is nan",
    hint="Follow g = 0 with m = v = 0 through your last line.",
)
def no_eps(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t)), m, v


@mistake(
    "divides by the second moment itself: its root has the size of a gradient",
    hint="If all gradients were ten times as large, how should the length of a step change, and how does yours?",
)
def no_root(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (v / (1 - beta2**t) + eps), m, v


@mistake(
    "averages the gradients themselves in v: the second moment is the average of their squares",
    hint="What becomes of your v while the gradient is negative?",
)
def no_square(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "averages the squares of m in v: the second moment is the average of the squared gradients",
    hint="Which of the two moments does the other one need in your code? And in the statement?",
)
def square_of_first_moment(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * m**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "beta1 and beta2 are swapped: beta1 belongs to m, beta2 to v",
    hint="Which of the two averages has the longer memory, and which beta is closer to 1?",
)
def betas_swapped(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t, lr, beta2, beta1, eps)


@mistake(
    "one beta stands where the other belongs: m and its correction have beta1, v and its correction beta2",
    hint="Read your lines one by one: which beta is in each, and which in the statement's formula?",
    kept=("beta1", "beta2"),
    moments_too=(False, True),
)
def one_beta_for_both(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, *, kept, moments_too):
    beta = beta1 if kept == "beta1" else beta2
    m, v = _moments(grad, m, v, *((beta, beta) if moments_too else (beta1, beta2)))
    return param - lr * m / (1 - beta**t) / (torch.sqrt(v / (1 - beta**t)) + eps), m, v


@mistake(
    "beta and 1 - beta are swapped: the old moment keeps beta of itself, the new gradient gets the rest",
    hint="With m = 1, g = 0 and beta1 = 0.9, how much of m should be left, and how much is?",
)
def weights_swapped(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = (1 - beta1) * m + beta1 * grad, (1 - beta2) * v + beta2 * grad**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "adds the whole gradient to the moments: it enters an average with the weight 1 - beta",
    hint="What do the two weights of an average add up to, and yours?",
)
def full_gradient_added(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = beta1 * m + grad, beta2 * v + grad**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "corrects with the power t + 1: t counts from 1, so the first step has t = 1",
    hint="Print what you divide m by at the first step. Which power of beta1 is in it?",
)
def counts_from_zero(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t + 1, lr, beta1, beta2, eps)


@mistake(
    "goes up: the parameter moves against its gradient",
    hint="With g = 1 and param = 0, on which side of 0 should the parameter end, and where does yours?",
)
def ascends(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return 2 * param - new, m, v


@mistake(
    "moves by the gradient instead of its running average: m is not used in the update",
    hint="With g = 0 and m = 1, does your parameter move?",
)
def update_without_momentum(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * grad / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "updates the parameter with the moments of the step before: update the moments first",
    hint="At the first step, m was 0. Which m does your parameter move with?",
)
def old_moments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new = param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps)
    return new, *_moments(grad, m, v, beta1, beta2)


@mistake(
    "returns the moments that it was given: the next step needs the new ones",
    hint="Which names stand in your `return`, and when did they get their values?",
)
def moments_not_returned(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t, lr, beta1, beta2, eps)[0], m, v


@mistake(
    "shrinks the parameter as well: that is AdamW's decay, and Adam has none",
    hint="With g = 0 and m = v = 0, should the parameter move? Which of your lines moves it?",
    weight_decay=(1e-2, 1e-1, 1e-3, 1e-4),
)
def adamw_decay(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    return _step((1 - lr * weight_decay) * param, grad, m, v, t, lr, beta1, beta2, eps)


@mistake(
    "adds a multiple of the parameter to its gradient: that is weight decay, which is not asked for",
    hint="With g = 0 and m = v = 0, should the parameter move? Which of your lines moves it?",
    weight_decay=(1e-2, 1e-1, 1e-3, 1e-4),
)
def l2_decay(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    return _step(param, grad + weight_decay * param, m, v, t, lr, beta1, beta2, eps)


@mistake(
    "does nothing where all gradients are zero: the moments still fade, and the parameter still moves with m",
    hint="With g = 0 and m = 1, what do the statement's formulas say of m, and of the parameter?",
)
def skips_zero_gradient(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    if not grad.any():
        return param, m, v
    return _step(param, grad, m, v, t, lr, beta1, beta2, eps)


@mistake(
    "uses constants of its own instead of the arguments lr, beta1, beta2 and eps",
    hint="Call it with lr=1: is the step a thousand times as long as usual?",
)
def ignores_arguments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t)


@mistake(
    "changes param itself: build a new tensor for the result",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def param_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param.data.copy_(new), m, v


@mistake(
    "changes m itself: build a new tensor for the new moment",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def m_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m_new, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m.data.copy_(m_new), v


@mistake(
    "changes v itself: build a new tensor for the new moment",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def v_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m, v.data.copy_(v_new)


@mistake(
    "changes m and v themselves: build new tensors for the new moments",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def moments_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m_new, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m.data.copy_(m_new), v.data.copy_(v_new)


@mistake(
    "changes param, m and v themselves: build new tensors for the result",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def all_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m_new, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param.data.copy_(new), m.data.copy_(m_new), v.data.copy_(v_new)
