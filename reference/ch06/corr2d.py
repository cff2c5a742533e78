"""Cross-correlation: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake

REFUSAL = ("kernel_too_large",)
CUT_OFF = ("contract[gradients]",)
WRONG_DTYPE = ("contract[dtype]", "contract[arguments]", "contract[gradients]")


def corr2d(X, K):
    _refuse_too_large(X, K)
    return F.conv2d(X[None, None], K[None, None])[0, 0]


def _refuse_too_large(X, K):
    if K.shape[0] > X.shape[0] or K.shape[1] > X.shape[1]:
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")


def _sides(X, K):
    """Height and width of the result, height and width of the kernel."""
    _refuse_too_large(X, K)
    (h, w), (kh, kw) = X.shape, K.shape
    return h - kh + 1, w - kw + 1, kh, kw


@mistake(
    "flips the kernel, which is the mathematical convolution: K[0, 0] belongs to the top left of a window"
)
def flips(X, K):
    return corr2d(X, K.flip(0, 1))


@mistake(
    "the result is one row and one column too small: how often does a kernel of width 1 fit into 3 columns?"
)
def one_too_small(X, K):
    Y = corr2d(X, K)
    return Y[:-1, :-1]


@mistake("the result is one row and one column too large: the last window ends exactly where X ends")
def one_too_large(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh + 1, ow + 1)
    for i in range(oh + 1):
        for j in range(ow + 1):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y


@mistake("the result has an extra row and column that no window filled: the last window ends where X ends")
def rest_of_zeros(X, K):
    oh, ow, _kh, _kw = _sides(X, K)
    Y = X.new_zeros(oh + 1, ow + 1)
    Y[:oh, :ow] = corr2d(X, K)
    return Y


@mistake(
    "the result is as large as X: without padding there are fewer positions of the kernel than entries of X"
)
def as_large_as_X(X, K):
    oh, ow, _kh, _kw = _sides(X, K)
    Y = torch.zeros_like(X)
    Y[:oh, :ow] = corr2d(X, K)
    return Y


@mistake(
    "surrounds X with zeros: the kernel stays inside the image here, there is no padding",
    sides=("same", "full"),
)
def padded(X, K, sides):
    _refuse_too_large(X, K)
    kh, kw = K.shape
    top, left = (kh - 1, kw - 1) if sides == "full" else ((kh - 1) // 2, (kw - 1) // 2)
    bottom, right = (kh - 1, kw - 1) if sides == "full" else (kh // 2, kw // 2)
    return corr2d(F.pad(X, (left, right, top, bottom)), K)


@mistake(
    "moves the kernel by its own size, so that windows never overlap: it moves by one row or column here"
)
def stride_of_kernel(X, K):
    _refuse_too_large(X, K)
    return F.conv2d(X[None, None], K[None, None], stride=tuple(K.shape))[0, 0]


@mistake(
    "swaps height and width of the kernel: in windows and result, kh goes with rows and kw with columns",
    where=("result", "windows", "both"),
)
def sides_swapped(X, K, where):
    _refuse_too_large(X, K)
    (h, w), (kh, kw) = X.shape, K.shape
    oh, ow = (h - kh + 1, w - kw + 1) if where == "windows" else (h - kw + 1, w - kh + 1)
    ph, pw = (kh, kw) if where == "result" else (kw, kh)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = (X[i : i + ph, j : j + pw] * K).sum()
    return Y


@mistake("takes the kernel for a square: its height and its width may differ", side=(0, 1))
def square_kernel_only(X, K, side):
    _refuse_too_large(X, K)
    (h, w), k = X.shape, K.shape[side]
    Y = X.new_zeros(h - k + 1, w - k + 1)
    for i in range(len(Y)):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + k, j : j + k] * K).sum()
    return Y


@mistake("the products are not added up: every window becomes one number")
def sum_missing(X, K):
    _oh, _ow, kh, kw = _sides(X, K)
    return X.unfold(0, kh, 1).unfold(1, kw, 1) * K


@mistake("the products are not added up before they are stored: every window becomes one number")
def sum_missing_in_loop(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = X[i : i + kh, j : j + kw] * K
    return Y


@mistake("adds up along one side of the window only: both sides of the kernel are summed over", side=(2, 3))
def one_side_summed(X, K, side):
    return sum_missing(X, K).sum(dim=side)


@mistake("averages the products of a window: they are added up, not divided by their number")
def mean_of_products(X, K):
    return corr2d(X, K) / K.numel()


@mistake("leaves out the kernel: the result is the sum of each window, unweighted")
def kernel_ignored(X, K):
    return corr2d(X, torch.ones_like(K))


@mistake("keeps only the product with the last entry of the kernel: each assignment replaces what was there")
def assigns_instead_of_adding(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            for a in range(kh):
                for b in range(kw):
                    Y[i, j] = X[i + a, j + b] * K[a, b]
    return Y


@mistake("keeps only the last row of the kernel: each assignment replaces what the rows before had given")
def assigns_row_by_row(X, K):
    _refuse_too_large(X, K)
    return corr2d(X[len(K) - 1 :], K[-1:])


@mistake("never starts again at zero: each entry of the result also contains the entries before it")
def running_sum(X, K):
    Y = corr2d(X, K)
    return Y.flatten().cumsum(0).reshape(Y.shape)


@mistake("returns from inside the loop: only the first entry or row is filled", after=("entry", "row"))
def returns_early(X, K, after):
    whole = corr2d(X, K)
    Y = torch.zeros_like(whole)
    if after == "entry":
        Y[0, 0] = whole[0, 0]
    else:
        Y[0] = whole[0]
    return Y


@mistake(
    "collects the result in a tensor of torch's defaults (float32, on the CPU): it should get the dtype and "
    "the device of X",
    loses=WRONG_DTYPE,
)
def default_result(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = torch.zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y


@mistake(
    "takes numbers out of their tensors (.item(), float(), NumPy) and builds a new one: gradients cannot "
    "flow back, and the dtype and device of X are lost",
    loses=WRONG_DTYPE,
)
def python_numbers(X, K):
    return torch.tensor(corr2d(X, K).tolist(), dtype=torch.float32)


@mistake(
    "cuts the result off from X and K (.item(), .detach(), .data, no_grad): gradients flow back to both",
    loses=CUT_OFF,
)
def cut_off(X, K):
    return corr2d(X, K).detach()


@mistake(
    "cuts K off (.item(), .detach(), .data): gradients have to flow back to the kernel as well", loses=CUT_OFF
)
def kernel_cut_off(X, K):
    return corr2d(X, K.detach())


@mistake("cuts X off (.detach(), .data): gradients have to flow back to the image as well", loses=CUT_OFF)
def image_cut_off(X, K):
    return corr2d(X.detach(), K)


@mistake(
    "stores the result as integers: everything after the decimal point is lost", dtype=("int64", "int32")
)
def integer_result(X, K, dtype):
    return corr2d(X, K).detach().to(getattr(torch, dtype))


@mistake("multiplies inside X itself: a window is a view of X, so later windows see products instead of X")
def windows_overwritten(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            window = X[i : i + kh, j : j + kw]
            window *= K
            Y[i, j] = window.sum()
    return Y


@mistake(
    "accepts a kernel that is larger than X: that is a ValueError, in height or in width",
    instead=("zeros", "unfold"),
    loses=REFUSAL,
)
def never_refuses(X, K, instead):
    (h, w), (kh, kw) = X.shape, K.shape
    if instead == "unfold":
        return (X.unfold(0, kh, 1).unfold(1, kw, 1) * K).sum(dim=(2, 3))
    Y = torch.zeros((h - kh + 1, w - kw + 1), dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y


@mistake(
    "refuses a kernel only when it is larger than X in both directions: one is enough",
    loses=REFUSAL,
)
def refuses_only_if_both(X, K):
    if K.shape[0] > X.shape[0] and K.shape[1] > X.shape[1]:
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")
    return never_refuses(X, K, "zeros")


@mistake(
    "compares the number of entries of K and X: a kernel may be too tall or too wide and still have fewer",
    loses=REFUSAL,
)
def compares_entries(X, K):
    if K.numel() > X.numel():
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")
    return never_refuses(X, K, "zeros")
