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
    "uses the moments as they are: both start at zero, so early on they are too small. Divide them by what?"
)
def no_bias_correction(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (torch.sqrt(v) + eps), m, v


@mistake("corrects the first moment only: the second one starts at zero as well")
def corrects_m_only(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v) + eps), m, v


@mistake("corrects the second moment only: the first one starts at zero as well")
def corrects_v_only(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("corrects by 1 - beta at every step: the power t is missing")
def correction_without_power(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1) / (torch.sqrt(v / (1 - beta2)) + eps), m, v


@mistake(
    "returns the corrected moments: the next step would correct them again. Correct them for the update only."
)
def stores_corrected_moments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return param - lr * m / (torch.sqrt(v) + eps), m, v


@mistake("adds eps inside the root: its root is far larger than eps itself")
def eps_inside_root(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t) + eps), m, v


@mistake("adds eps to the root of the second moment before its correction: correct first")
def eps_before_correction(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return param - rate * m / (torch.sqrt(v) + eps), m, v


@mistake("replaces roots below eps by eps: eps is added to every root")
def eps_as_floor(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t)).clamp_min(eps), m, v


@mistake("leaves eps out: where all gradients were zero, the update is 0 / 0, which is nan")
def no_eps(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t)), m, v


@mistake("divides by the second moment itself: its root has the size of a gradient")
def no_root(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * m / (1 - beta1**t) / (v / (1 - beta2**t) + eps), m, v


@mistake("averages the gradients themselves in v: the second moment is the average of their squares")
def no_square(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("averages the squares of m in v: the second moment is the average of the squared gradients")
def square_of_first_moment(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * m**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("beta1 and beta2 are swapped: beta1 belongs to m, beta2 to v")
def betas_swapped(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t, lr, beta2, beta1, eps)


@mistake("beta and 1 - beta are swapped: the old moment keeps beta of itself, the new gradient gets the rest")
def weights_swapped(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = (1 - beta1) * m + beta1 * grad, (1 - beta2) * v + beta2 * grad**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("adds the whole gradient to the moments: it enters an average with the weight 1 - beta")
def full_gradient_added(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = beta1 * m + grad, beta2 * v + grad**2
    return param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("corrects with the power t + 1: t counts from 1, so the first step has t = 1")
def counts_from_zero(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t + 1, lr, beta1, beta2, eps)


@mistake("goes up: the parameter moves against its gradient")
def ascends(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return 2 * param - new, m, v


@mistake("moves by the gradient instead of its running average: m is not used in the update")
def update_without_momentum(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = _moments(grad, m, v, beta1, beta2)
    return param - lr * grad / (torch.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("updates the parameter with the moments of the step before: update the moments first")
def old_moments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new = param - lr * m / (1 - beta1**t) / (torch.sqrt(v / (1 - beta2**t)) + eps)
    return new, *_moments(grad, m, v, beta1, beta2)


@mistake("returns the moments that it was given: the next step needs the new ones")
def moments_not_returned(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t, lr, beta1, beta2, eps)[0], m, v


@mistake(
    "shrinks the parameter as well: that is AdamW's decay, and Adam has none",
    weight_decay=(1e-2, 1e-1, 1e-3, 1e-4),
)
def adamw_decay(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    return _step((1 - lr * weight_decay) * param, grad, m, v, t, lr, beta1, beta2, eps)


@mistake(
    "adds a multiple of the parameter to its gradient: that is weight decay, which is not asked for",
    weight_decay=(1e-2, 1e-1, 1e-3, 1e-4),
)
def l2_decay(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2):
    return _step(param, grad + weight_decay * param, m, v, t, lr, beta1, beta2, eps)


@mistake(
    "does nothing where all gradients are zero: the moments still fade, and the parameter still moves with m"
)
def skips_zero_gradient(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    if not grad.any():
        return param, m, v
    return _step(param, grad, m, v, t, lr, beta1, beta2, eps)


@mistake("uses constants of its own instead of the arguments lr, beta1, beta2 and eps")
def ignores_arguments(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(param, grad, m, v, t)


@mistake("changes param itself: build a new tensor for the result", loses=("contract[arguments]",))
def param_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param.data.copy_(new), m, v


@mistake("changes m itself: build a new tensor for the new moment", loses=("contract[arguments]",))
def m_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m_new, v = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m.data.copy_(m_new), v


@mistake("changes v itself: build a new tensor for the new moment", loses=("contract[arguments]",))
def v_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m, v.data.copy_(v_new)


@mistake("changes m and v themselves: build new tensors for the new moments", loses=("contract[arguments]",))
def moments_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    param, m_new, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param, m.data.copy_(m_new), v.data.copy_(v_new)


@mistake(
    "changes param, m and v themselves: build new tensors for the result", loses=("contract[arguments]",)
)
def all_in_place(param, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new, m_new, v_new = _step(param, grad, m, v, t, lr, beta1, beta2, eps)
    return param.data.copy_(new), m.data.copy_(m_new), v.data.copy_(v_new)
