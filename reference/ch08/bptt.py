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
    hint="For T = 3, how many outputs are compared with targets in the statement's loss, and how many in yours?",
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
    "starts back from the error of the last step only: every step's output error enters its state's gradient",
    hint="On your way back through T = 3 steps, at which of them does the error of that step's own output come in?",
)
@torch.no_grad()
def last_error_only(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    weight = torch.zeros(len(X), 1, 1, dtype=X.dtype)
    weight[-1] = 1 / (X.shape[0] * X.shape[1])
    return _with_states(states, X, Y, W_hh, W_hq, b_q, weight=weight)


@mistake(
    "stops after one step back: a state also acts on the loss through all the states after it. "
    "What does the state after it hand back?",
    hint="For T = 2, write down every path from h_1 to the loss. Along which of them does your code go back?",
)
@torch.no_grad()
def one_step_back(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = dO @ W_hq.T * (1 - states[1:] ** 2)
    return _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)


@mistake(
    "leaves out the derivative of tanh: on the way back, each step goes through its slope",
    hint="What stands between the sum of a step and its state? What does the chain rule ask for when you pass it backwards?",
)
def no_slope(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "takes the slope of tanh at h instead of at the sum inside: h is the result of tanh already",
    hint="The slope of tanh at z can be written with z, or with tanh(z). Which of the two do you have, and which formula do you use?",
)
def slope_of_tanh_twice(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def slope(t, states):
        return 1 - torch.tanh(states[t + 1]) ** 2

    return _with_slope(slope, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "squares the sum inside tanh for its slope: the slope is 1 minus the square of the result of tanh",
    hint="The slope of tanh at z can be written with z, or with tanh(z). Which of the two do you have, and which formula do you use?",
)
def slope_of_sum(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def slope(t, states):
        return 1 - (X[t] @ W_xh + states[t] @ W_hh + b_h) ** 2

    return _with_slope(slope, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "takes the slope of tanh from the state before: step t made h_t, so its slope is that of h_t",
    hint="For T = 2, print the step beside the index of the state whose slope you take.",
)
def slope_of_previous_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1 - states[t] ** 2, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "forgets the square in the slope of tanh",
    hint="Which slope does tanh have at h = 0, and which at h = -0.9? Can it ever be above 1, as yours can?",
)
def slope_without_square(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _with_slope(lambda t, states: 1 - states[t + 1], X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@torch.no_grad()
def _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, order=reversed):
    """`walk(from_output, from_next, slope)` gives a step's dZ and what its W_hh hands to the step before."""
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ, carried = torch.zeros_like(states[1:]), torch.zeros_like(H0)
    for t in order(range(len(X))):
        dZ[t], carried = walk(dO[t] @ W_hq.T, carried, _slope(t, states))
    return _loss(difference), _pack(X, states[:-1], states[1:], dO, dZ)


@mistake(
    "goes back through the steps from the first to the last: what reaches a state comes from the step after it",
    hint="When your code is at step t, does it know the gradient of step t + 1 yet?",
)
def walks_forward(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, dZ @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, order=iter)


@mistake(
    "takes only one of a state's two gradients through the slope of tanh: add them first",
    hint="Two gradients arrive at h_t. What do both of them have to pass on their way to the sum of step t?",
    through=("output", "next"),
)
def slope_on_one_part(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, through):
    def walk(from_output, from_next, slope):
        dZ = from_output * slope + from_next if through == "output" else from_output + from_next * slope
        return dZ, dZ @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "hands the gradient of the state itself to the step before: first it has to go through the slope of tanh",
    hint="Going forward, from h_t to the next sum, then through tanh, to h_{t+1}. Going back, which of these come first?",
)
def carries_gradient_of_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dH = from_output + from_next
        return dH * slope, dH @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "keeps adding to what is handed back: the next state's gradient already holds all that came after it",
    hint="For T = 3, count how often the error of the last step reaches the first one in your code, and along how many paths it should.",
)
def carried_adds_up(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, from_next + dZ @ W_hh.T

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "hands the gradient to the step before without W_hh: the state before acts on this one through W_hh",
    hint="Going forward, what happens to h_t on its way into the next sum? Where does that happen on your way back?",
)
def carries_without_W_hh(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, dZ

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "goes back through W_hh as it went forward: on the way back the matrix is transposed",
    hint="Let W_hh have a single 1, away from its diagonal. Which unit hears of which going forward, and which of which going back?",
)
def W_hh_not_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def walk(from_output, from_next, slope):
        dZ = (from_output + from_next) * slope
        return dZ, dZ @ W_hh

    return _with_walk(walk, X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "goes forward with the transpose of W_hh: entry [i, j] leads from unit i to unit j",
    hint="Let W_hh have a single 1, away from its diagonal. Which unit hears of which in your forward pass?",
)
def forward_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh.T, b_h, W_hq, b_q)
    return loss, {**gradients, "W_hh": gradients["W_hh"].T}


@mistake(
    "the gradient of W_hh is transposed: entry [i, j] belongs to unit i before and unit j after",
    hint="Two factors make the gradient of W_hh: one belongs to its rows. Which one stands first in your product?",
)
def W_hh_gradient_transposed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {**gradients, "W_hh": gradients["W_hh"].T}


@mistake(
    "pairs h_t with the error of step t in the gradient of W_hh: what did W_hh multiply at that step?",
    hint="Write down the sum of step t. With which index does the state appear in it?",
)
@torch.no_grad()
def W_hh_pairs_same_step(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X, states[1:], states[1:], dO, dZ)


@mistake(
    "pairs the state before with the output of step t in the gradient of W_hq: the output reads h_t",
    hint="Write down the output of step t. With which index does the state appear in it?",
)
@torch.no_grad()
def W_hq_pairs_previous_state(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X, states[:-1], states[:-1], dO, dZ)


@mistake(
    "misses a division by the number of steps T: the loss is a mean over steps, and its gradients follow it",
    hint="If every step were there twice, should a mean over the steps change? What would yours do?",
    loss_too=(True, False),
)
def not_divided_by_T(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[0], loss_too)


@mistake(
    "misses a division by the number of sequences n: the loss is a mean over the batch, and its gradients follow it",
    hint="Put the same sequence into the batch twice. Should loss and gradients change, and do they?",
    loss_too=(True, False),
)
def not_divided_by_n(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[1], loss_too)


@mistake(
    "adds up over steps and sequences: the loss is their mean, and its gradients follow it",
    hint="Put the same sequence into the batch twice. Should loss and gradients change, and do they?",
    loss_too=(True, False),
)
def summed(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), X.shape[0] * X.shape[1], loss_too)


@mistake(
    "divides by the number of outputs q as well: the squares of one step's outputs are added up",
    hint="Over which axes does the statement take its mean, and over which does your code?",
    loss_too=(True, False),
)
def divided_by_q(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, loss_too):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), 1 / Y.shape[2], loss_too)


@mistake(
    "takes the mean of all squares: the statement adds up the q squares of an output and takes half of that",
    hint="Compare your loss with the statement's for a single output of three numbers, each 1 away from its target.",
    gradients_too=(True, False),
)
def mean_of_squares(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, gradients_too):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    factor = 2 / Y.shape[2]
    return loss * factor, {name: g * factor if gradients_too else g for name, g in gradients.items()}


@mistake(
    "the factor 1/2 is missing from the loss",
    hint="Compare your loss with the statement's for a single output that is 1 away from its target.",
    gradients_too=(True, False),
)
def no_half(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, gradients_too):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return 2 * loss, {name: 2 * g if gradients_too else g for name, g in gradients.items()}


@mistake(
    "the gradients have the wrong sign: the loss grows with the output where the output is above its target",
    hint="If an output lies above its target and b_q grows, does the loss grow? Compare with the sign of your gradient.",
)
def sign(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return _scaled(bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q), -1, False)


@mistake("starts from a state of zeros: H0 is given", hint="In which line do you read H0?")
def ignores_H0(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    return bptt(X, Y, torch.zeros_like(H0), W_xh, W_hh, b_h, W_hq, b_q)


@mistake(
    "leaves the first step out of the gradient of W_hh: the state before it is H0, which need not be zero",
    hint="Which state did W_hh multiply at the first step? Is it in your list of states?",
)
@torch.no_grad()
def W_hh_without_H0(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    loss, gradients = _with_states(states, X, Y, W_hh, W_hq, b_q)
    states[0] = 0
    return loss, {**gradients, "W_hh": _with_states(states, X, Y, W_hh, W_hq, b_q)[1]["W_hh"]}


@mistake(
    "overwrites the gradients at every step: each step adds its share",
    hint="Print one of the gradients at the end of each step back. What has become of the steps before?",
)
@torch.no_grad()
def overwrites(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    states = _states(X, H0, W_xh, W_hh, b_h)
    difference = states[1:] @ W_hq + b_q - Y
    dO = difference / _count(difference)
    dZ = _walk_back(dO, states, W_hh, W_hq)
    return _loss(difference), _pack(X[:1], states[:1], states[1:2], dO[:1], dZ[:1])


def _entries_cut(gradients, at):
    return {name: g.clamp(-at, at) for name, g in gradients.items()}


def _norm_cut(gradients, at):
    norm = torch.stack([g.norm() for g in gradients.values()]).norm()
    return {name: g * (at / norm) if norm > at else g for name, g in gradients.items()}


@mistake(
    "cuts large gradients off: clipping belongs to training, the gradients are asked for as they are",
    hint="Which of your lines bounds a gradient, and does the statement ask for it?",
    at=(1.0, 5.0, 10.0),
    cut=(_entries_cut, _norm_cut),
)
def clips(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q, at, cut):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, cut(gradients, at)


@mistake(
    "tanh is written with exponentials that overflow: inf / inf is nan. torch.tanh stays finite.",
    hint="What is exp(1000), and what is one of these divided by another?",
    loses=("saturated_states",),
)
@torch.no_grad()
def tanh_overflows(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    def tanh(z):
        return (torch.exp(z) - torch.exp(-z)) / (torch.exp(z) + torch.exp(-z))

    return _with_states(_states(X, H0, W_xh, W_hh, b_h, tanh), X, Y, W_hh, W_hq, b_q)


@mistake(
    "the gradients of the biases keep a dimension: they have the shapes (h,) and (q,) of the biases",
    hint="Print the shape of each gradient beside the shape of its parameter.",
)
def bias_gradients_keep_dimension(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {name: g[None] if g.dim() == 1 else g for name, g in gradients.items()}


@mistake(
    "adds the gradients up in float32: make them in the dtype of the arguments",
    hint="Print the dtypes of your gradients for arguments in float64. Which of your tensors were made without a dtype?",
)
def float32_gradients(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    loss, gradients = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    return loss, {name: g.float() for name, g in gradients.items()}


@mistake(
    "changes H0 itself: make a new state at every step",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    loses=("contract[arguments]",),
)
def H0_in_place(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q):
    answer = bptt(X, Y, H0, W_xh, W_hh, b_h, W_hq, b_q)
    H0.data.copy_(_states(X, H0, W_xh, W_hh, b_h)[-1].detach())
    return answer
