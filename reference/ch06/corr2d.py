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
    "flips the kernel, which is the mathematical convolution: K[0, 0] belongs to the top left of a window",
    hint="Let K be zero but for a 1 in its top left corner. Which part of X should come out, and which part does?",
)
def flips(X, K):
    return corr2d(X, K.flip(0, 1))


@mistake(
    "the result is one row and one column too small: how often does a kernel of width 1 fit into 3 columns?",
    hint="On paper, in how many places does a kernel of width 2 fit into an image of width 3? Put the numbers into your formula.",
)
def one_too_small(X, K):
    Y = corr2d(X, K)
    return Y[:-1, :-1]


@mistake(
    "the result is one row and one column too large: the last window ends exactly where X ends",
    hint="Which columns of X does your last window cover? Which column of X is the last?",
)
def one_too_large(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh + 1, ow + 1)
    for i in range(oh + 1):
        for j in range(ow + 1):
            Y[i, j] = (X[i : i + kh, j : j + kw] * K).sum()
    return Y


@mistake(
    "the result has an extra row and column that no window filled: the last window ends where X ends",
    hint="How large is the tensor that collects your results, and how many windows does your loop visit?",
)
def rest_of_zeros(X, K):
    oh, ow, _kh, _kw = _sides(X, K)
    Y = X.new_zeros(oh + 1, ow + 1)
    Y[:oh, :ow] = corr2d(X, K)
    return Y


@mistake(
    "the loops stop one window early: the last row and the last column of the result stay as they were made",
    hint="Print the pairs (i, j) that your loops visit, beside the shape of the result. Which is the last number of range(3)?",
)
def last_windows_missing(X, K):
    whole = corr2d(X, K)
    Y = torch.zeros_like(whole)
    Y[:-1, :-1] = whole[:-1, :-1]
    return Y


@mistake(
    "the result is as large as X: without padding there are fewer positions of the kernel than entries of X",
    hint="In how many places can a 2 x 2 kernel lie in a 3 x 3 image? Compare with the shape of your result.",
)
def as_large_as_X(X, K):
    oh, ow, _kh, _kw = _sides(X, K)
    Y = torch.zeros_like(X)
    Y[:oh, :ow] = corr2d(X, K)
    return Y


@mistake(
    "surrounds X with zeros: the kernel stays inside the image here, there is no padding",
    hint="Does the statement speak of zeros around X? Which of your lines puts them there?",
    sides=("same", "full"),
)
def padded(X, K, sides):
    _refuse_too_large(X, K)
    kh, kw = K.shape
    top, left = (kh - 1, kw - 1) if sides == "full" else ((kh - 1) // 2, (kw - 1) // 2)
    bottom, right = (kh - 1, kw - 1) if sides == "full" else (kh // 2, kw // 2)
    return corr2d(F.pad(X, (left, right, top, bottom)), K)


@mistake(
    "moves the kernel by its own size, so that windows never overlap: it moves by one row or column here",
    hint="Print the first row and column of each window: by how much do neighbours differ?",
)
def stride_of_kernel(X, K):
    _refuse_too_large(X, K)
    return F.conv2d(X[None, None], K[None, None], stride=tuple(K.shape))[0, 0]


@mistake(
    "swaps height and width of the kernel: in windows and result, kh goes with rows and kw with columns",
    hint="Try an X of shape (2, 5) with a K of shape (1, 3), and print the shape of every window.",
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


@mistake(
    "takes the kernel for a square: its height and its width may differ",
    hint="Try a K of shape (1, 3). Which of its two sizes does your code never read?",
    side=(0, 1),
)
def square_kernel_only(X, K, side):
    _refuse_too_large(X, K)
    (h, w), k = X.shape, K.shape[side]
    Y = X.new_zeros(h - k + 1, w - k + 1)
    for i in range(len(Y)):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + k, j : j + k] * K).sum()
    return Y


@mistake(
    "the products are not added up: every window becomes one number",
    hint="What is the shape of a window times K? And of one entry of the result?",
)
def sum_missing(X, K):
    _oh, _ow, kh, kw = _sides(X, K)
    return X.unfold(0, kh, 1).unfold(1, kw, 1) * K


@mistake(
    "the products are not added up before they are stored: every window becomes one number",
    hint="What is the shape of a window times K? And of the place where you store it?",
)
def sum_missing_in_loop(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = X[i : i + kh, j : j + kw] * K
    return Y


@mistake(
    "adds up along one side of the window only: both sides of the kernel are summed over",
    hint="Print the shape before and after your sum. Which axes belong to a window?",
    side=(2, 3),
)
def one_side_summed(X, K, side):
    return sum_missing(X, K).sum(dim=side)


@mistake(
    "multiplies window and kernel as matrices: each entry of the window meets one entry of the kernel",
    hint="What does @ do with two tensors of shape (1, 3), and what does * do? Which of the two is asked for?",
)
def matrix_product(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            Y[i, j] = (X[i : i + kh, j : j + kw] @ K).sum()
    return Y


@mistake(
    "averages the products of a window: they are added up, not divided by their number",
    hint="Let X and K be all ones, K of shape (2, 2). Which number do you expect everywhere, and which do you get?",
)
def mean_of_products(X, K):
    return corr2d(X, K) / K.numel()


@mistake(
    "leaves out the kernel: the result is the sum of each window, unweighted",
    hint="Double K. What happens to your result?",
)
def kernel_ignored(X, K):
    return corr2d(X, torch.ones_like(K))


@mistake(
    "keeps only the product with the last entry of the kernel: each assignment replaces what was there",
    hint="Print one entry of the result after each product. What has become of the products before?",
)
def assigns_instead_of_adding(X, K):
    oh, ow, kh, kw = _sides(X, K)
    Y = X.new_zeros(oh, ow)
    for i in range(oh):
        for j in range(ow):
            for a in range(kh):
                for b in range(kw):
                    Y[i, j] = X[i + a, j + b] * K[a, b]
    return Y


@mistake(
    "keeps only the last row of the kernel: each assignment replaces what the rows before had given",
    hint="Print one entry of the result after each row of the kernel. What has become of the rows before?",
)
def assigns_row_by_row(X, K):
    _refuse_too_large(X, K)
    return corr2d(X[len(K) - 1 :], K[-1:])


@mistake(
    "never starts again at zero: each entry of the result also contains the entries before it",
    hint="Print your running total at the beginning of each window. What should it be there?",
)
def running_sum(X, K):
    Y = corr2d(X, K)
    return Y.flatten().cumsum(0).reshape(Y.shape)


@mistake(
    "returns from inside the loop: only the first entry or row is filled",
    hint="How far is your `return` indented, and so after which window is it reached?",
    after=("entry", "row"),
)
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
    hint="Print the dtype of the tensor that collects your results, for an X in float64. Which of its arguments decides?",
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
    hint="Which of your lines makes a Python number out of a tensor, and what would happen without it?",
    loses=WRONG_DTYPE,
)
def python_numbers(X, K):
    return torch.tensor(corr2d(X, K).tolist(), dtype=torch.float32)


@mistake(
    "cuts the result off from X and K (.item(), .detach(), .data, no_grad): gradients flow back to both",
    hint="Print requires_grad after each of your lines: where does True become False?",
    loses=CUT_OFF,
)
def cut_off(X, K):
    return corr2d(X, K).detach()


@mistake(
    "cuts K off (.item(), .detach(), .data): gradients have to flow back to the kernel as well",
    hint="Follow K through your lines: after which of them has it lost requires_grad?",
    loses=CUT_OFF,
)
def kernel_cut_off(X, K):
    return corr2d(X, K.detach())


@mistake(
    "cuts X off (.detach(), .data): gradients have to flow back to the image as well",
    hint="Follow X through your lines: after which of them has it lost requires_grad?",
    loses=CUT_OFF,
)
def image_cut_off(X, K):
    return corr2d(X.detach(), K)


@mistake(
    "stores the result as integers: everything after the decimal point is lost",
    hint="Print the dtype of the tensor that collects your results. What was it made from?",
    dtype=("int64", "int32"),
)
def integer_result(X, K, dtype):
    return corr2d(X, K).detach().to(getattr(torch, dtype))


@mistake(
    "multiplies inside X itself: a window is a view of X, so later windows see products instead of X",
    hint="Print X after the first window. What does `*=` write to?",
)
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
    hint="What is the height of your result for a kernel taller than X? Where in your code would anybody notice?",
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
    hint="Try a kernel that is too tall, but narrow. Read your condition aloud for it.",
    loses=REFUSAL,
)
def refuses_only_if_both(X, K):
    if K.shape[0] > X.shape[0] and K.shape[1] > X.shape[1]:
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")
    return never_refuses(X, K, "zeros")


@mistake(
    "compares the number of entries of K and X: a kernel may be too tall or too wide and still have fewer",
    hint="Try a K of shape (4, 1) and an X of shape (3, 3). What do you compare, and does it fit?",
    loses=REFUSAL,
)
def compares_entries(X, K):
    if K.numel() > X.numel():
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")
    return never_refuses(X, K, "zeros")


@mistake(
    "refuses a kernel that is exactly as tall or as wide as X: it still fits, once",
    hint="What should come out for X and K of shape (1, 1)? Read your condition aloud for them.",
)
def refuses_what_fits(X, K):
    if K.shape[0] >= X.shape[0] or K.shape[1] >= X.shape[1]:
        raise ValueError(f"K of shape {tuple(K.shape)} does not fit into X of shape {tuple(X.shape)}")
    return corr2d(X, K)


@mistake(
    "refuses with assert, which raises AssertionError: a ValueError that names K is asked for",
    hint="Which exception does `assert` raise, and which one does the statement name?",
    loses=REFUSAL,
)
def asserts(X, K):
    assert K.shape[0] <= X.shape[0] and K.shape[1] <= X.shape[1]
    return corr2d(X, K)
