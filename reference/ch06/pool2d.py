"""Pooling: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake

CUT_OFF = ("contract[gradients]",)
WRONG_DTYPE = ("contract[dtype]", "contract[arguments]", "contract[gradients]")
NUMBERS = (-99.0, -100.0, -999.0, -1000.0, -9999.0, -1e4, -1e5, -1e6, -1e8, -1e9, -1e10)


def pool2d(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    _refuse_too_large(X, pool_size)
    pool = F.max_pool2d if mode == "max" else F.avg_pool2d
    return pool(X[None, None], tuple(pool_size), stride=1)[0, 0]


def _refuse_unknown(mode):
    if mode not in ("max", "avg"):
        raise ValueError(f"mode is {mode!r}, must be 'max' or 'avg'")


def _refuse_too_large(X, pool_size):
    if pool_size[0] > X.shape[0] or pool_size[1] > X.shape[1]:
        raise ValueError(f"pool_size {tuple(pool_size)} does not fit into X of shape {tuple(X.shape)}")


def _checked(X, pool_size, mode):
    """Height and width of the result, after the refusals."""
    _refuse_unknown(mode)
    _refuse_too_large(X, pool_size)
    return X.shape[0] - pool_size[0] + 1, X.shape[1] - pool_size[1] + 1


def _reduced(window, mode):
    return window.max() if mode == "max" else window.mean()


@mistake(
    "the maximum starts at 0: a window of negative numbers never exceeds it. Start from one of its entries",
    hint="Follow the window [-3, -1] through your code: what is the maximum before it has seen any entry?",
    start=("number", "tensor"),
)
def zero_start(X, pool_size, mode="max", start="tensor"):
    Y = pool2d(X, pool_size, mode)
    if mode == "avg":
        return Y
    never_replaced = start == "number" and not bool((Y > 0).any())
    return torch.zeros_like(Y) if never_replaced else Y.clamp_min(0.0)


@mistake(
    "the maximum starts at a fixed number: a window may lie below any number that you choose. Start from an "
    "entry of the window, or from -inf",
    hint="Take a window whose entries all lie below your number. What comes out?",
    start=NUMBERS,
    loses=("negative_image",),
)
def fixed_start(X, pool_size, mode="max", start=-1e9):
    Y = pool2d(X, pool_size, mode)
    return Y.clamp_min(start) if mode == "max" else Y


@mistake(
    "moves the window by its own size, so that windows never overlap: it moves by one row or column here",
    hint="Print the first row and column of each window: by how much do neighbours differ?",
)
def stride_of_window(X, pool_size, mode="max"):
    _checked(X, pool_size, mode)
    pool = F.max_pool2d if mode == "max" else F.avg_pool2d
    return pool(X[None, None], tuple(pool_size))[0, 0]


@mistake(
    "swaps height and width of the window: in windows and result, ph goes with rows and pw with columns",
    hint="Try an X of shape (2, 5) with a pool_size of (1, 3), and print the shape of every window.",
    where=("result", "windows", "both"),
)
def sides_swapped(X, pool_size, mode="max", where="both"):
    _checked(X, pool_size, mode)
    (h, w), (ph, pw) = X.shape, pool_size
    oh, ow = (h - ph + 1, w - pw + 1) if where == "windows" else (h - pw + 1, w - ph + 1)
    rows, columns = (ph, pw) if where == "result" else (pw, ph)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = _reduced(X[i : i + rows, j : j + columns], mode)
    return Y


@mistake(
    "takes the window for a square: its height and its width may differ",
    hint="Try a pool_size of (1, 3). Which of the two numbers does your code never read?",
    side=(0, 1),
)
def square_window_only(X, pool_size, mode="max", side=0):
    _checked(X, pool_size, mode)
    k = pool_size[side]
    Y = X.new_zeros(X.shape[0] - k + 1, X.shape[1] - k + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = _reduced(X[i : i + k, j : j + k], mode)
    return Y


@mistake(
    "'avg' returns sums: divide by the number of entries in the window",
    hint="What is the mean of four ones, and what do you return for them?",
)
def sum_for_average(X, pool_size, mode="max"):
    Y = pool2d(X, pool_size, mode)
    return Y if mode == "max" else Y * (pool_size[0] * pool_size[1])


@mistake(
    "'avg' divides by the wrong number: a window has ph times pw entries",
    hint="For an image of ones, every average is 1. Try windows of shape (1, 3) and (2, 2): what do you divide by?",
    divisor=("ph", "pw", "ph + pw", "image", "ph squared", "pw squared"),
)
def wrong_divisor(X, pool_size, mode="max", divisor="ph"):
    Y = pool2d(X, pool_size, mode)
    ph, pw = pool_size
    numbers = {
        "ph": ph,
        "pw": pw,
        "ph + pw": ph + pw,
        "image": X.numel(),
        "ph squared": ph * ph,
        "pw squared": pw * pw,
    }
    return Y if mode == "max" else Y * (ph * pw) / numbers[divisor]


@mistake(
    "takes the maximum whatever the mode is: `mode` is not used",
    hint="In which line do you read `mode`? Call it with both modes on the same X.",
)
def ignores_mode(X, pool_size, mode="max"):
    return pool2d(X, pool_size, "max")


@mistake(
    "'avg' gives the maximum as well: look at what is computed when mode is 'avg'",
    hint="Which line runs when mode is 'avg', and what does it compute?",
)
def maximum_for_average(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    return pool2d(X, pool_size, "max")


@mistake(
    "averages whatever the mode is: look at what is computed when mode is 'max'",
    hint="Which line runs when mode is 'max', and what does it compute?",
)
def average_for_maximum(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    return pool2d(X, pool_size, "avg")


@mistake(
    "the two modes are swapped: 'max' averages, 'avg' takes the maximum",
    hint="Read your condition aloud for mode='max': what is computed then?",
)
def modes_swapped(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    return pool2d(X, pool_size, "avg" if mode == "max" else "max")


@mistake(
    "the default of mode is 'max': without the argument the maximum is asked for",
    hint="Compare the first line of your function with that of the stub.",
    loses=("default_mode",),
)
def default_is_average(X, pool_size, mode="avg"):
    return pool2d(X, pool_size, mode)


@mistake(
    "returns where the maximum is instead of the maximum itself",
    hint="What should come out for the window [5, 7], and what does? Which of torch's functions give values, which give places?",
    within=("window", "image"),
    kept_as_integers=(True, False),
)
def argmax(X, pool_size, mode="max", within="window", kept_as_integers=False):
    Y = _positions(X, pool_size, mode, within)
    return Y if kept_as_integers else Y.to(X.dtype)


def _positions(X, pool_size, mode, within):
    Y = pool2d(X, pool_size, mode)
    if mode == "avg":
        return Y
    if within == "image":
        return F.max_pool2d(X[None, None], tuple(pool_size), stride=1, return_indices=True)[1][0, 0]
    windows = X.unfold(0, pool_size[0], 1).unfold(1, pool_size[1], 1)  # (oh, ow, ph, pw)
    return windows.reshape(*Y.shape, -1).argmax(dim=-1)


@mistake(
    "takes the smallest entry of each window: 'max' asks for the largest",
    hint="Follow the window [1, 2] through your comparison: which of the two wins?",
)
def minimum(X, pool_size, mode="max"):
    Y = pool2d(X, pool_size, mode)
    return -pool2d(-X, pool_size, mode) if mode == "max" else Y


@mistake(
    "takes the entry that is largest in magnitude, or its magnitude: -3 is smaller than 1",
    hint="Follow the window [-3, 1] through your code: is there an absolute value, or a square?",
    sign=(True, False),
)
def largest_magnitude(X, pool_size, mode="max", sign=True):
    Y = pool2d(X, pool_size, mode)
    if mode == "avg":
        return Y
    largest = pool2d(X.abs(), pool_size)
    return torch.where(largest == Y, largest, -largest) if sign else largest


@mistake(
    "reduces one side of the window only: the result needs one number per window",
    hint="Print the shape before and after you reduce. Which axes belong to a window?",
    side=(2, 3),
)
def one_side_reduced(X, pool_size, mode="max", side=2):
    _checked(X, pool_size, mode)
    windows = X.unfold(0, pool_size[0], 1).unfold(1, pool_size[1], 1)  # (oh, ow, ph, pw)
    return windows.amax(dim=side) if mode == "max" else windows.mean(dim=side)


@mistake(
    "the result is one row and one column too small: how often does a window of width 1 fit into 3 columns?",
    hint="On paper, in how many places does a window of width 2 fit into an image of width 3? Put the numbers into your formula.",
)
def one_too_small(X, pool_size, mode="max"):
    return pool2d(X, pool_size, mode)[:-1, :-1]


@mistake(
    "the result is one row and one column too large: the last window ends exactly where X ends",
    hint="Which columns of X does your last window cover? Which column of X is the last?",
)
def one_too_large(X, pool_size, mode="max"):
    oh, ow = _checked(X, pool_size, mode)
    Y = X.new_zeros(oh + 1, ow + 1)
    for i in range(oh + 1):
        for j in range(ow + 1):
            Y[i, j] = _reduced(X[i : i + pool_size[0], j : j + pool_size[1]], mode)
    return Y


@mistake(
    "has an extra row and column that no window filled: the last window ends where X ends",
    hint="How large is the tensor that collects your results, and how many windows does your loop visit?",
)
def rest_of_zeros(X, pool_size, mode="max"):
    oh, ow = _checked(X, pool_size, mode)
    Y = X.new_zeros(oh + 1, ow + 1)
    Y[:oh, :ow] = pool2d(X, pool_size, mode)
    return Y


@mistake(
    "the loops stop one window early: the last row and the last column of the result stay as they were made",
    hint="Print the pairs (i, j) that your loops visit, beside the shape of the result. Which is the last number of range(3)?",
)
def last_windows_missing(X, pool_size, mode="max"):
    whole = pool2d(X, pool_size, mode)
    Y = torch.zeros_like(whole)
    Y[:-1, :-1] = whole[:-1, :-1]
    return Y


@mistake(
    "the result is as large as X: without padding there are fewer windows than entries",
    hint="In how many places can a 2 x 2 window lie in a 3 x 3 image? Compare with the shape of your result.",
)
def as_large_as_X(X, pool_size, mode="max"):
    oh, ow = _checked(X, pool_size, mode)
    Y = torch.zeros_like(X)
    Y[:oh, :ow] = pool2d(X, pool_size, mode)
    return Y


@mistake(
    "windows hang over the edge of X, so that the result is as large as X: they stay inside here",
    hint="Print the shape of every window. Which ones are smaller than pool_size?",
)
def windows_cut_short(X, pool_size, mode="max"):
    _checked(X, pool_size, mode)
    Y = torch.zeros_like(X)
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            Y[i, j] = _reduced(X[i : i + pool_size[0], j : j + pool_size[1]], mode)
    return Y


@mistake(
    "pools the whole image: one number per position of the window is asked for",
    hint="How many windows are there, and how many numbers do you return?",
)
def whole_image(X, pool_size, mode="max"):
    _checked(X, pool_size, mode)
    return _reduced(X, mode)


@mistake(
    "returns from inside the loop: only the first entry or row is filled",
    hint="How far is your `return` indented, and so after which window is it reached?",
    after=("entry", "row"),
)
def returns_early(X, pool_size, mode="max", after="entry"):
    whole = pool2d(X, pool_size, mode)
    Y = torch.zeros_like(whole)
    if after == "entry":
        Y[0, 0] = whole[0, 0]
    else:
        Y[0] = whole[0]
    return Y


@mistake(
    "collects the result in a tensor of torch's defaults (float32, on the CPU): it should get the dtype and "
    "the device of X",
    hint="Print the dtype of the tensor that collects your results, for an X in float64. Which of its arguments decides?",
    loses=WRONG_DTYPE,
)
def default_result(X, pool_size, mode="max"):
    return pool2d(X, pool_size, mode).float()


@mistake(
    "takes numbers out of their tensors (.item(), float(), NumPy) and builds a new one: gradients cannot "
    "flow back, and the dtype and device of X are lost",
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
    loses=WRONG_DTYPE,
)
def python_numbers(X, pool_size, mode="max"):
    return torch.tensor(pool2d(X, pool_size, mode).tolist(), dtype=torch.float32)


@mistake(
    "cuts the result off from X (.item(), .detach(), .data, no_grad): gradients have to flow back to X",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=CUT_OFF,
)
def cut_off(X, pool_size, mode="max"):
    return pool2d(X, pool_size, mode).detach()


@mistake(
    "the gradient of a maximum reaches every entry of the window: it belongs to the entry that won",
    hint="If an entry that is not the largest grows a little, how much does the maximum grow?",
    loses=CUT_OFF,
)
def gradient_to_all(X, pool_size, mode="max"):
    Y = pool2d(X, pool_size, mode)
    average = pool2d(X, pool_size, "avg")
    return Y.detach() + average - average.detach()


@mistake(
    "accepts a window that is larger than X: that is a ValueError, in height or in width",
    hint="What is the height of your result for a window taller than X? Where in your code would anybody notice?",
    instead=("zeros", "unfold", "torch"),
    loses=("window_too_large",),
)
def never_refuses(X, pool_size, mode="max", instead="zeros"):
    _refuse_unknown(mode)
    ph, pw = pool_size
    if instead == "torch":
        pool = F.max_pool2d if mode == "max" else F.avg_pool2d
        return pool(X[None, None], (ph, pw), stride=1)[0, 0]
    if instead == "unfold":
        windows = X.unfold(0, ph, 1).unfold(1, pw, 1)
        return windows.amax(dim=(2, 3)) if mode == "max" else windows.mean(dim=(2, 3))
    Y = torch.zeros((X.shape[0] - ph + 1, X.shape[1] - pw + 1), dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = _reduced(X[i : i + ph, j : j + pw], mode)
    return Y


@mistake(
    "refuses a window only when it is larger than X in both directions: one is enough",
    hint="Try a window that is too tall, but narrow. Read your condition aloud for it.",
    loses=("window_too_large",),
)
def refuses_only_if_both(X, pool_size, mode="max"):
    if pool_size[0] > X.shape[0] and pool_size[1] > X.shape[1]:
        raise ValueError(f"pool_size {tuple(pool_size)} does not fit into X of shape {tuple(X.shape)}")
    return never_refuses(X, pool_size, mode)


@mistake(
    "refuses a window that is exactly as tall or as wide as X: it still fits, once",
    hint="What should come out for an X of shape (1, 1) and pool_size (1, 1)? Read your condition aloud for them.",
)
def refuses_what_fits(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    if pool_size[0] >= X.shape[0] or pool_size[1] >= X.shape[1]:
        raise ValueError(f"pool_size {tuple(pool_size)} does not fit into X of shape {tuple(X.shape)}")
    return pool2d(X, pool_size, mode)


@mistake(
    "refuses the window with assert, which raises AssertionError: a ValueError that names pool_size is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=("window_too_large",),
)
def asserts_window(X, pool_size, mode="max"):
    _refuse_unknown(mode)
    assert pool_size[0] <= X.shape[0] and pool_size[1] <= X.shape[1]
    return pool2d(X, pool_size, mode)


@mistake(
    "refuses the mode with assert, which raises AssertionError: a ValueError that names mode is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=("unknown_mode",),
)
def asserts_mode(X, pool_size, mode="max"):
    assert mode in ("max", "avg")
    return pool2d(X, pool_size, mode)


@mistake(
    "reads the mode in upper and lower case alike: 'MAX' is unknown as well, and a ValueError",
    hint="What becomes of mode='MAX' before you compare it? What does the statement say about it?",
    loses=("unknown_mode",),
)
def case_ignored(X, pool_size, mode="max"):
    return pool2d(X, pool_size, mode.lower())


@mistake(
    "accepts an unknown mode: anything but 'max' and 'avg' is a ValueError",
    hint="What does your function do for mode='mean'? Follow it line by line.",
    treated_as=("max", "avg", "zeros", "none"),
    loses=("unknown_mode",),
)
def unknown_mode_accepted(X, pool_size, mode="max", treated_as="max"):
    if mode in ("max", "avg"):
        return pool2d(X, pool_size, mode)
    if treated_as == "none":
        return None
    if treated_as == "zeros":
        return torch.zeros_like(pool2d(X, pool_size))
    return pool2d(X, pool_size, treated_as)
