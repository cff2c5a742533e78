"""Backpropagation through time: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    named = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "W_hq": W_hq, "b_q": b_q}
    wanted = {name: tensor.detach().clone().requires_grad_() for name, tensor in named.items()}
    weights = [wanted["W_xh"].T, wanted["W_hh"].T, wanted["b_h"], torch.zeros_like(b_h)]
    with torch.enable_grad():
        states, _ = torch.rnn_tanh(
            X.detach(), H0.detach()[None], weights, True, 1, 0.0, False, False, False
        )  # (T, n, h)
        outputs = F.linear(states, wanted["W_hq"].T, wanted["b_q"])
        loss = F.mse_loss(outputs, Y.detach(), reduction="sum") / (2 * X.shape[0] * X.shape[1])
    gradients = torch.autograd.grad(loss, list(wanted.values()))
    return loss.detach(), dict(zip(wanted, gradients, strict=True))


# What the mistakes below share: the right way, in pieces that each of them can spoil.


def _states(X, H0, W_xh, W_hh, b_h, tanh=torch.tanh):
    """H_0 to H_T, shape (T + 1, n, h)."""
    states = [H0]
    for X_t in X:
        states.append(tanh(X_t @ W_xh + states[-1] @ W_hh + b_h))
    return torch.stack(states)


def _slope(t, states):
    return 1 - states[t + 1] ** 2


def _walk_back(dO, states, W_hh, W_hq, slope=_slope):
    """Gradients of the sums inside tanh, shape (T, n, h)."""
    dZ = torch.zeros_like(states[1:])
    carried = torch.zeros_like(states[0])
    for t in reversed(range(len(dO))):
        dZ[t] = (dO[t] @ W_hq.T + carried) * slope(t, states)
        carried = dZ[t] @ W_hh.T
    return dZ


def _loss(difference):
    return (difference**2).sum() / 2 / _count(difference)


def _count(difference):
    return difference.shape[0] * difference.shape[1]


def _pack(X, before, after, dO, dZ):
    return {
        "W_xh": torch.einsum("tnd,tnh->dh", X, dZ),
        "W_hh": torch.einsum("tng,tnh->gh", before, dZ),
        "b_h": dZ.sum(dim=(0, 1)),
        "W_hq": torch.einsum("tnh,tnq->hq", after, dO),
        "b_q": dO.sum(dim=(0, 1)),
    }


def _with_states(states, X, Y, W_hh, W_hq, b_q, slope=_slope, weight=None):
    """Everything that follows once the states are there; `weight` is what errors are weighted with."""
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference * (1 / _count(difference) if weight is None else weight)
    dZ = _walk_back(dO, states, W_hh, W_hq, slope)
    return _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)


def _scaled(answer, factor, loss_too):
    loss, gradients = answer
    return loss * factor if loss_too else loss, {name: g * factor for name, g in gradients.items()}


@torch.no_grad()
def _with_slope(slope, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    return _with_states(states, X, Y, W_hh, W_hq, b_q, slope)


@mistake(
    "counts only the last step: every step has targets, and the loss is the mean over all of them",
    over_T=(True, False),
)
@torch.no_grad()
def last_step_only(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, over_T):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    difference[:-1] = 0
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    answer = _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)
    return answer if over_T else _scaled(answer, len(X), True)


@mistake(
    "starts back from the error of the last step only: every step's output error enters its state's gradient"
)
@torch.no_grad()
def last_error_only(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    weight = torch.zeros(len(X), 1, 1, dtype=X.dtype)
    weight[-1] = 1 / (X.shape[0] * X.shape[1])
    return _with_states(states, X, Y, W_hh, W_hq, b_q, weight=weight)


@mistake(
    "stops after one step back: a state also acts on the loss through all the states after it. "
    "What does the state after it hand back?"
)
@torch.no_grad()
def one_step_back(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = dO @ W_hq.T * (1 - states[1:] ** 2)
    return _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)


@mistake("leaves out the derivative of tanh: on the way back, each step goes through its slope")
def no_slope(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("takes the slope of tanh at h instead of at the sum inside: h is the result of tanh already")
def slope_of_tanh_twice(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def slope(t, states):
        return 1 - torch.tanh(states[t + 1]) ** 2

    return _with_slope(slope, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("squares the sum inside tanh for its slope: the slope is 1 minus the square of the result of tanh")
def slope_of_sum(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def slope(t, states):
        return 1 - (X[t] @ W_xh + states[t] @ W_hh + b_h) ** 2

    return _with_slope(slope, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("takes the slope of tanh from the state before: step t made h_t, so its slope is that of h_t")
def slope_of_previous_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1 - states[t] ** 2, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("forgets the square in the slope of tanh")
def slope_without_square(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1 - states[t + 1], X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@torch.no_grad()
def _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    """`walk(from_output, from_next, slope)` gives a step's dZ and what its W_hh hands to the step before."""
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ, carried = torch.zeros_like(states[1:]), torch.zeros_like(H0)
    for t in reversed(range(len(X))):
        dZ[t], carried = walk(dO[t] @ W_hq.T, carried, _slope(t, states))
    return _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)


@mistake(
    "takes only one of a state's two gradients through the slope of tanh: add them first",
    through=("output", "next"),
)
def slope_on_one_part(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, through):
    def walk(from_output, from_next, slope):
        dZ = from_output * slope + from_next if through == "output" else from_output + from_next * slope
        return dZ, dZ @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "hands the gradient of the state itself to the step before: first it has to go through the slope of tanh"
)
def carries_gradient_of_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dH = from_output + from_next
        return dH * slope, dH @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "keeps adding to what is handed back: the next state's gradient already holds all that came after it"
)
def carried_adds_up(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, from_next + dZ @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("hands the gradient to the step before without W_hh: the state before acts on this one through W_hh")
def carries_without_W_hh(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, dZ

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("goes back through W_hh as it went forward: on the way back the matrix is transposed")
def W_hh_not_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, dZ @ W_hh

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake("goes forward with the transpose of W_hh: entry [i, j] leads from unit i to unit j")
def forward_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh.T, b_h, W_hq, b_q)
    return loss, {**gradients, "W_hh": gradients["W_hh"].T}


@mistake("the gradient of W_hh is transposed: entry [i, j] belongs to unit i before and unit j after")
def W_hh_gradient_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {**gradients, "W_hh": gradients["W_hh"].T}


@mistake("pairs h_t with the error of step t in the gradient of W_hh: what did W_hh multiply at that step?")
@torch.no_grad()
def W_hh_pairs_same_step(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X, states[1:], states[1:], dO, dZ)


@mistake("pairs the state before with the output of step t in the gradient of W_hq: the output reads h_t")
@torch.no_grad()
def W_hq_pairs_previous_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X, states[:-1], states[:-1], dO, dZ)


@mistake("is not divided by the number of steps T: the loss is a mean over steps", loss_too=(True, False))
def not_divided_by_T(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[0], loss_too)


@mistake(
    "is not divided by the number of sequences n: the loss is a mean over the batch", loss_too=(True, False)
)
def not_divided_by_n(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[1], loss_too)


@mistake("is a sum over steps and sequences: the loss is their mean", loss_too=(True, False))
def summed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[0] * X.shape[1], loss_too)


@mistake(
    "is divided by the number of outputs q as well: the squares of one step's outputs are added up",
    loss_too=(True, False),
)
def divided_by_q(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), 1 / Y.shape[2], loss_too)


@mistake("the factor 1/2 is missing from the loss", gradients_too=(True, False))
def no_half(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, gradients_too):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return 2 * loss, {name: 2 * g if gradients_too else g for name, g in gradients.items()}


@mistake(
    "the gradients have the wrong sign: the loss grows with the output where the output is above its target"
)
def sign(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), -1, False)


@mistake("starts from a state of zeros: H0 is given")
def ignores_H0(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return bptt(X, Y, torch.zeros_like(H0), W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "leaves the first step out of the gradient of W_hh: the state before it is H0, which need not be zero"
)
@torch.no_grad()
def W_hh_without_H0(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    loss, gradients = _with_states(states, X, Y, W_hh, W_hq, b_q)
    states[0] = 0
    return loss, {**gradients, "W_hh": _with_states(states, X, Y, W_hh, W_hq, b_q)[1]["W_hh"]}


@mistake("overwrites the gradients at every step: each step adds its share")
@torch.no_grad()
def overwrites(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X[:1], states[:1], states[1:2], dO[:1], dZ[:1])


@mistake(
    "cuts large gradients off: clipping belongs to training, the gradients are asked for as they are",
    at=(1.0, 5.0, 10.0),
)
def clips(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, at):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {name: g.clamp(-at, at) for name, g in gradients.items()}


@mistake(
    "tanh is written with exponentials that overflow: inf / inf is nan. torch.tanh stays finite.",
    loses=("saturated_states",),
)
@torch.no_grad()
def tanh_overflows(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def tanh(z):
        return (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z))

    return _with_states(_states(X, H0, W_xh, W_hh, b_h, tanh), X, Y, W_hh, W_hq, b_q)


@mistake("the gradients of the biases keep a dimension: they have the shapes (h,) and (q,) of the biases")
def bias_gradients_keep_dimension(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {name: g[None] if g.dim() == 1 else g for name, g in gradients.items()}


@mistake("adds the gradients up in float32: make them in the dtype of the arguments")
def float32_gradients(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {name: g.float() for name, g in gradients.items()}


@mistake("changes H0 itself: make a new state at every step", loses=("contract[arguments]",))
def H0_in_place(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    answer = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    H0.data.copy_(_states(X, H0, W_xh, W_hh, b_h)[-1].detach())
    return answer
