"""Weight decay: oracle and known mistakes."""

import torch

from dlex.grading import mistake

STEP = "sgd_step"


def l1_penalty(w):
    return torch.linalg.vector_norm(w, ord=1)


def l2_penalty(w):
    return torch.dot(w.flatten(), w.flatten()) / 2


def sgd_step(params, grads, lr, weight_decay):
    new = []
    for (param, decay), grad in zip(params, grads, strict=True):
        weight = param.detach().clone().requires_grad_()
        weight.grad = grad.detach().clone()
        decays = weight_decay if decay else 0.0
        torch.optim.SGD([weight], lr=lr, weight_decay=decays, foreach=False).step()
        new.append(weight.detach())
    return new


# Penalties -------------------------------------------------------------------------------------


@mistake(
    "adds the entries with their signs: the size of -3 is 3",
    hint="What does your function return for [3, -3], and what for [0, 0]? Are these weights of the same size?",
    of="l1_penalty",
    after=(False, True),
)
def signed_sum(w, after):
    return w.sum().abs() if after else w.sum()


@mistake(
    "is the size of the largest entry: all of them count",
    hint="What does your function return for [4, 4], and what for [4, 0]? Which of the two should cost more?",
    of="l1_penalty",
)
def largest_entry(w):
    return w.abs().max()


@mistake(
    "is a mean: the penalty adds up all entries",
    hint="Give it [2], then [2, 2, 2]. Which of the two should cost more, and what does your function say?",
    of="l1_penalty",
)
def l1_mean(w):
    return w.abs().mean()


@mistake(
    "the factor 1/2 belongs to the squares: this penalty has none",
    hint="What should a single weight of 4 cost by the first formula of the statement, and what does it cost in your code?",
    of="l1_penalty",
)
def l1_half(w):
    return w.abs().sum() / 2


@mistake(
    "adds up squares: this penalty adds up sizes",
    hint="If every weight doubles, how many times as large should the penalty become, and how many times as large does yours?",
    of="l1_penalty",
    half=(True, False),
)
def l1_of_squares(w, half):
    return (w**2).sum() / 2 if half else (w**2).sum()


@mistake(
    "the factor 1/2 is missing",
    hint="Let w be 3.0 with requires_grad=True, call backward() on your penalty and print w.grad. What does the statement say that this gradient is?",
    of="l2_penalty",
)
def no_half(w):
    return (w**2).sum()


@mistake(
    "takes the square root of the sum: half the sum of the squares itself is asked for",
    hint="The squares of [3, 4] add up to 25. What does the statement do with the 25, and what does your code?",
    of="l2_penalty",
    half=(False, True),
)
def square_root(w, half):
    norm = torch.linalg.vector_norm(w)
    return norm / 2 if half else norm


@mistake(
    "is a mean: the penalty adds up all squares",
    hint="Give it [2], then [2, 2, 2]. Which of the two should cost more, and what does your function say?",
    of="l2_penalty",
    half=(True, False),
)
def l2_mean(w, half):
    return (w**2).mean() / 2 if half else (w**2).mean()


@mistake(
    "squares the sum: each entry is squared on its own",
    hint="Take [3, -3]. What comes out if you first add and then square, and what if you first square and then add? Which of the two is the statement's?",
    of="l2_penalty",
    half=(True, False),
)
def square_of_sum(w, half):
    return w.sum() ** 2 / 2 if half else w.sum() ** 2


@mistake(
    "adds up sizes: this penalty adds up squares",
    hint="If every weight doubles, how many times as large should the penalty become, and how many times as large does yours?",
    of="l2_penalty",
    half=(True, False),
)
def l2_of_sizes(w, half):
    return w.abs().sum() / 2 if half else w.abs().sum()


@mistake(
    "halves before squaring, or halves twice: that makes a quarter of it",
    hint="Write down, step by step, what becomes of a single weight of 4 in the statement's formula and in your code. Where do the two part?",
    of="l2_penalty",
)
def halved_entries(w):
    return ((w / 2) ** 2).sum()


@mistake(
    "at 0 one of the steps on the way has an infinite slope, as a square root has that is squared again, or none: the "
    "gradient is nan there",
    hint="Which of your steps is undone by a later one (a root and a square, a logarithm and an exponential, two quotients)? Does the statement's formula need either of the two?",
    of="l2_penalty",
    loses=("l2_at_zero",),
)
def square_of_root(w):
    return torch.sqrt((w * w).sum()) ** 2 / 2


@mistake(
    "takes a norm of matrices: the penalty treats a matrix as one long row of entries",
    hint="Compute your penalty of [[1, 0], [0, 1]] and of [1, 0, 0, 1]: should they differ? What does torch's documentation say that your norm does with a matrix?",
    of="l1_penalty",
)
def l1_of_matrix(w):
    return torch.linalg.norm(w, 1)


@mistake(
    "takes a norm of matrices, its largest singular value: the penalty treats a matrix as one long row "
    "of entries",
    hint="Compute your penalty of [[1, 0], [0, 1]] and of [1, 0, 0, 1]: should they differ? What does torch's documentation say that your norm does with a matrix?",
    of="l2_penalty",
)
def l2_of_matrix(w):
    return torch.linalg.norm(w, 2) ** 2 / 2


PER_ROW = "gives one number for each row or column: one number for all entries is asked for"
PLAIN = "returns a Python number: gradients cannot flow through it"
CUT_OFF = "cuts the penalty off from w: no gradient flows back, and training does not see it"


@mistake(
    PER_ROW,
    hint="Print the shape of your result for a w of shape (3, 4). How many axes has w, and over how many of them do you add up?",
    of="l1_penalty",
    dim=(0, 1, -1),
)
def l1_per_row(w, dim):
    return w.abs().sum(dim)


@mistake(
    PER_ROW,
    hint="Print the shape of your result for a w of shape (3, 4). How many axes has w, and over how many of them do you add up?",
    of="l2_penalty",
    dim=(0, 1, -1),
)
def l2_per_row(w, dim):
    return (w**2).sum(dim) / 2


@mistake(
    PLAIN,
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
    of="l1_penalty",
)
def l1_plain_number(w):
    return w.abs().sum().item()


@mistake(
    PLAIN,
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
    of="l2_penalty",
)
def l2_plain_number(w):
    return (w**2).sum().item() / 2


@mistake(
    CUT_OFF,
    hint="Print requires_grad after each of your lines: where does True become False?",
    of="l1_penalty",
    loses=("l1_contract[gradients]",),
)
def l1_detached(w):
    return w.detach().abs().sum()


@mistake(
    CUT_OFF,
    hint="Print requires_grad after each of your lines: where does True become False?",
    of="l2_penalty",
    loses=("l2_contract[gradients]",),
)
def l2_detached(w):
    return (w.detach() ** 2).sum() / 2


# Steps -----------------------------------------------------------------------------------------


def _stepped(step, params, grads):
    """A step for each parameter: `step(param, decay, grad)`."""
    return [step(param, decay, grad) for (param, decay), grad in zip(params, grads, strict=True)]


def _step(lr, weight_decay):
    """The right step for one parameter."""
    return lambda param, decay, grad: param - lr * (grad + weight_decay * param * decay)


@mistake(
    "decays every parameter: those with False go along their gradient alone",
    hint="Give it a parameter of 1 with the flag False and the gradient 0. Should it move, and does it? In which line do you read the flag?",
    of=STEP,
)
def decays_all(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * (g + weight_decay * p), params, grads)


@mistake(
    "decays no parameter: those with True shrink as well",
    hint="Give it a parameter of 1 with the flag True and the gradient 0. Should it move, and does it? Which of your lines would move it?",
    of=STEP,
)
def decays_none(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * g, params, grads)


@mistake(
    "decays the parameters with False, and leaves those with True alone",
    hint="Give it two parameters of 1 with gradients of 0, the flag True for one, False for the other. Which of them should shrink, and which does?",
    of=STEP,
)
def decays_the_others(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: _step(lr, weight_decay)(p, not decay, g), params, grads)


@mistake(
    "decides by the number of dimensions what decays: the flag says it",
    hint="Give it a matrix with the flag False and a vector with True, both of ones and with gradients of 0. Which should shrink, and which does?",
    of=STEP,
)
def decays_matrices(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: _step(lr, weight_decay)(p, p.dim() > 1, g), params, grads)


@mistake(
    "decays the first parameter of the list only: the flags say which",
    hint="Give it three parameters of 1 with the flags False, True, True and gradients of 0. Which of them should shrink, and which do?",
    of=STEP,
)
def decays_the_first(params, grads, lr, weight_decay):
    flags = [True] + [False] * (len(params) - 1)
    flagged = [(param, flag) for (param, _decay), flag in zip(params, flags, strict=False)]
    return _stepped(_step(lr, weight_decay), flagged, grads)


@mistake(
    "the decay is not scaled by the learning rate: it is part of the gradient of the penalised loss",
    hint="Put lr = 0 into the statement's formula and into your code. What is left of the step in each of them?",
    of=STEP,
)
def not_scaled_by_lr(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * g - weight_decay * p * decay, params, grads)


@mistake(
    "the decay makes parameters grow: it goes against the parameter, towards 0",
    hint="Follow a parameter of 1 with the gradient 0 through your step: does it end closer to 0? Which sign in your code decides that?",
    of=STEP,
)
def decay_added(params, grads, lr, weight_decay):
    return _stepped(_step(lr, -weight_decay), params, grads)


@mistake(
    "goes along the gradient, uphill: a step goes against it",
    hint="With g = 1 and param = 0, on which side of 0 should the parameter end, and where does yours?",
    of=STEP,
    decay_too=(True, False),
)
def ascends(params, grads, lr, weight_decay, decay_too):
    sign = 1 if decay_too else -1
    return _stepped(lambda p, decay, g: p + lr * (g + sign * weight_decay * p * decay), params, grads)


@mistake(
    "decays twice as fast: with the factor 1/2, the gradient of the penalty is the parameter itself",
    hint="What is the slope of x^2 / 2 at x = 3? And which number stands for the slope in your step, if the parameter is 3?",
    of=STEP,
)
def decays_twice_as_fast(params, grads, lr, weight_decay):
    return _stepped(_step(lr, 2 * weight_decay), params, grads)


@mistake(
    "decays half as fast: the gradient of half a square is the parameter itself",
    hint="What is the slope of x^2 / 2 at x = 3? And which number stands for the slope in your step, if the parameter is 3?",
    of=STEP,
)
def decays_half_as_fast(params, grads, lr, weight_decay):
    return _stepped(_step(lr, weight_decay / 2), params, grads)


@mistake(
    "decays by the sign of the parameter: that is the gradient of the other penalty",
    hint="Give it the parameter [1, 10] with the flag True and the gradient [0, 0]. Which of the two entries should lose more, and which does?",
    of=STEP,
)
def decays_by_sign(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * (g + weight_decay * p.sign() * decay), params, grads)


@mistake(
    "adds the penalty itself to the gradient: a step needs the penalty's gradient",
    hint="Give it the parameter [3, -3] with the flag True and the gradient [0, 0]. In which direction should each entry move, and in which does it?",
    of=STEP,
)
def adds_the_penalty(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * (g + weight_decay * l2_penalty(p) * decay), params, grads)


@mistake(
    "shrinks the parameter after its step: the decay belongs to the parameter before it",
    hint="Step from a parameter of 0 with the gradient 1 and the flag True. How much decay does the statement's formula have at 0, and how much has your code?",
    of=STEP,
)
def decays_after(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: (p - lr * g) * (1 - lr * weight_decay * decay), params, grads)


@mistake(
    "the gradient is not scaled by the learning rate",
    hint="Put lr = 0 into the statement's formula and into your code. What is left of the step in each of them?",
    of=STEP,
)
def gradient_not_scaled(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - g - lr * weight_decay * p * decay, params, grads)


@mistake(
    "multiplies the gradient by the decay: it is the parameter that decays",
    hint="Let the parameter be 1, its flag True and its gradient 0. What should be left of the step, and what is left of yours?",
    of=STEP,
)
def decays_the_gradient(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: p - lr * (g + weight_decay * g * decay), params, grads)


@mistake(
    "returns only the parameters that decay: the others take their step as well",
    hint="How many tensors should come back for the flags True, False, True, and how many do? Which line of yours runs for the one with False?",
    of=STEP,
)
def leaves_others_out(params, grads, lr, weight_decay):
    kept = [(param, grad) for (param, decay), grad in zip(params, grads, strict=True) if decay]
    return [param - lr * (grad + weight_decay * param) for param, grad in kept]


@mistake(
    "takes no step with the parameters that do not decay: they follow their gradient",
    hint="Take weight_decay = 0. What difference should a flag make then, and what difference does it make in your code?",
    of=STEP,
)
def others_stand_still(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: _step(lr, weight_decay)(p, decay, g) if decay else p, params, grads)


@mistake(
    "returns pairs: a list of tensors is asked for, without the flags",
    hint="Print your result for the example of the docstring, beside the list that stands there. What does each place of yours hold?",
    of=STEP,
)
def returns_pairs(params, grads, lr, weight_decay):
    new = _stepped(_step(lr, weight_decay), params, grads)
    return [(tensor, decay) for tensor, (_param, decay) in zip(new, params, strict=True)]


@mistake(
    "returns the steps: the parameters after the step are asked for",
    hint="With lr = 0, what should come out for a parameter of 3, and what does?",
    of=STEP,
)
def returns_steps(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: lr * (g + weight_decay * p * decay), params, grads)


@mistake(
    "makes the new parameters in float32: they have the dtype of the old ones",
    hint="Take parameters and gradients in float64 and print the dtype after each of your operations: where does it become float32?",
    of=STEP,
)
def float32_step(params, grads, lr, weight_decay):
    return _stepped(lambda p, decay, g: _step(lr, weight_decay)(p, decay, g).float(), params, grads)


@mistake(
    "changes the parameters that it was given: make new tensors, and a new list for them",
    hint="Print params before and after a call. Which of your lines writes into it: an operator like -=, a name that ends in an underscore (sub_), an assignment to a place?",
    of=STEP,
    loses=("contract[arguments]",),
)
@torch.no_grad()
def in_place(params, grads, lr, weight_decay):
    for (param, decay), grad in zip(params, grads, strict=True):
        param -= lr * (grad + weight_decay * param * decay)
    return [param for param, _decay in params]


@mistake(
    "changes the parameters themselves, which fails for those that require gradients: make new tensors",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    of=STEP,
    loses=("contract[arguments]", "contract[requires_grad]"),
)
def in_place_with_gradients(params, grads, lr, weight_decay):
    for (param, decay), grad in zip(params, grads, strict=True):
        param -= lr * (grad + weight_decay * param * decay)
    return [param for param, _decay in params]


@mistake(
    "changes the gradients themselves: add the decay to a new tensor",
    hint="Which of your lines call something that ends in an underscore (add_), use an operator like -= or assign to a part of a tensor? Whose tensor do they write to?",
    of=STEP,
    loses=("contract[arguments]",),
)
def gradients_in_place(params, grads, lr, weight_decay):
    new = []
    for (param, decay), grad in zip(params, grads, strict=True):
        if decay:
            grad.data += weight_decay * param.detach()
        new.append(param - lr * grad)
    return new


@mistake(
    "empties the lists that it was given: the caller needs them again",
    hint="Print len(params) and len(grads) before and after a call. Which of your lines takes entries out of them?",
    of=STEP,
    loses=("contract[arguments]",),
)
def lists_emptied(params, grads, lr, weight_decay):
    new = []
    while params:
        (param, decay), grad = params.pop(0), grads.pop(0)
        new.append(_step(lr, weight_decay)(param, decay, grad))
    return new
