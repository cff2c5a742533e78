"""Linear regression in closed form: oracle and known mistakes."""

import torch

from dlex.grading import mistake


def fit(X, y):
    theta = torch.linalg.lstsq(_stacked(X), y.reshape(len(X), 1), driver="gelsd").solution
    return theta[:-1], theta[-1]


def _stacked(X):
    return torch.hstack([X, X.new_ones(len(X), 1)])  # (n, d + 1)


def _column(y):
    return y.reshape(-1, 1)


def _split(theta):
    return theta[:-1], theta[-1]


@mistake(
    "fits no bias: it is the weight of one more feature, which is always 1",
    hint="In the statement's example y is 1 where x is 0. What does your model predict there, and which column would let it predict that?",
)
def no_bias(X, y):
    w = torch.linalg.pinv(X) @ _column(y)
    return w, torch.zeros_like(w[0])


@mistake(
    "takes the first entry of theta for the bias, but the column of ones is the last",
    hint="Write each column of your matrix beside its entry of theta, for the statement's example. Which entry belongs to the column of ones?",
)
def bias_first(X, y):
    theta = torch.linalg.pinv(_stacked(X)) @ _column(y)
    return theta[1:], theta[0]


@mistake(
    "takes the last entry of theta for the bias, but the column of ones is the first",
    hint="Write each column of your matrix beside its entry of theta, for the statement's example. Which entry belongs to the column of ones?",
)
def ones_first(X, y):
    A = torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
    return _split(torch.linalg.pinv(A) @ _column(y))


@mistake(
    "centres the data for w, and forgets the mean of X in the bias: it is the mean of y minus what w makes of "
    "the mean of X",
    hint="In the statement's example x is 1.5 and y is 4 on average. What does your model predict for x = 1.5, and how large is its b?",
)
def bias_is_the_mean_of_y(X, y):
    y = _column(y)
    w = torch.linalg.pinv(X - X.mean(dim=0)) @ (y - y.mean())
    return w, y.mean(dim=0)


@mistake(
    "fits w without a bias, then b to what is left: both have to be fitted together",
    hint="Print the w of your first fit for the statement's example. Why is it not 2, and through which point must a line without a bias go?",
)
def bias_from_residuals(X, y):
    y = _column(y)
    w = torch.linalg.pinv(X) @ y
    return w, (y - X @ w).mean(dim=0)


@mistake(
    "centres the data, which finds the smallest w: the bias belongs to the vector whose length counts, too",
    hint="Fit X = [[1.0]] and y = [2.0]. How long is your vector of w and b, and how long is (1, 1), which fits the point, too?",
    loses=("few_examples", "dependent_columns", "constant_feature"),
)
def smallest_w_alone(X, y):
    y = _column(y)
    w = torch.linalg.pinv(X - X.mean(dim=0)) @ (y - y.mean())
    return w, y.mean(dim=0) - (X.mean(dim=0) @ w)


def _solved(A, y):
    return torch.linalg.solve(A, y)


def _inverted(A, y):
    return torch.linalg.inv(A) @ y


@mistake(
    "inverts [X, 1] itself, which is no square: multiply both sides by its transpose first",
    hint="In the statement's example A has shape (4, 2). Multiply both sides of A theta = y by its transpose from the left: which shapes do they have then?",
    by=(_solved, _inverted),
)
def no_transpose(X, y, by):
    return _split(by(_stacked(X), _column(y)))


@mistake(
    "multiplies [X, 1] by its transpose in the wrong order: the product that belongs to the unknowns has d + 1 rows",
    hint="Print the shape and the rank of your product for the statement's example. Has it an inverse, and how many unknowns are there?",
    by=(_solved, _inverted),
)
def outer_product(X, y, by):
    A = _stacked(X)
    return _split(A.T @ by(A @ A.T, _column(y)))


def _normal_solved(A, y):
    return torch.linalg.solve(A.T @ A, A.T @ y)


def _normal_inverted(A, y):
    return torch.linalg.inv(A.T @ A) @ A.T @ y


def _normal_inverted_times(A, y):
    return torch.linalg.inv(A.T @ A) @ (A.T @ y)


def _normal_cholesky(A, y):
    return torch.cholesky_solve(A.T @ y, torch.linalg.cholesky(A.T @ A))


def _by_qr(A, y):
    Q, R = torch.linalg.qr(A)
    return torch.linalg.solve_triangular(R, Q.T @ y, upper=True)


@mistake(
    "fails where the columns of [X, 1] depend on each other: their product with the transpose has no inverse then. "
    "The pseudo-inverse is always there.",
    hint="Take X = [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]. What is the rank of [X, 1] (torch.linalg.matrix_rank), and which rank does your solver need?",
    loses=("few_examples", "dependent_columns", "constant_feature"),
    solve=(_normal_inverted, _normal_inverted_times, _normal_solved, _normal_cholesky, _by_qr),
)
def fails_when_singular(X, y, solve):
    return _split(solve(_stacked(X), _column(y)))


@mistake(
    "adds a little to the diagonal to make it invertible: that is ridge regression, whose answer is another one",
    hint="Fit the statement's example in float64 and print w - 2. What happens to it when the number that you add gets ten times as large?",
    penalty=(1e-3, 1e-4, 1e-5, 1e-6, 1e-8),
)
def ridge(X, y, penalty):
    A = _stacked(X)
    return _split(
        torch.linalg.solve(A.T @ A + penalty * torch.eye(A.shape[1], dtype=A.dtype), A.T @ _column(y))
    )


@mistake(
    "w has shape (d,) where y has shape (n,): it is a column, shape (d, 1), always",
    hint="Fit a y of shape (4,), then the same y as a column, shape (4, 1), and print the shape of w. In which line should the two become alike?",
)
def w_follows_y(X, y):
    theta = torch.linalg.pinv(_stacked(X)) @ y
    return theta[:-1], theta[-1:].reshape(1)


@mistake(
    "w has shape (d,): it is a column, shape (d, 1)",
    hint="Print the shapes of y, theta and w, one after the other. From which line on is there only one axis?",
)
def flat_w(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w[:, 0], b


@mistake(
    "b is a single number, shape (): shape (1,) is asked for",
    hint="Print the shape of b and of the tensor that you take it from. How many axes get lost between them, and how many should?",
)
def scalar_b(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w, b[0]


@mistake(
    "b has shape (1, 1): shape (1,) is asked for",
    hint="Print the shape of b and of the tensor that you take it from. How many axes get lost between them, and how many should?",
)
def column_b(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w, b[None]


@mistake(
    "returns w and b in one tensor: a tuple of the two is asked for",
    hint="Try `w, b = fit(X, y)` with 3 features. Into how many values does your result unpack, and how many are asked for?",
)
def one_tensor(X, y):
    return torch.linalg.pinv(_stacked(X)) @ _column(y)


@mistake(
    "returns b and w: w comes first",
    hint="A caller writes `w, b = fit(X, y)` for an X with 3 features. Which shapes do w and b have after your function?",
)
def swapped(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return b, w


@mistake(
    "computes in float32: float64 data have twice as many digits",
    hint="Fit float64 data and print the dtype of every tensor on the way. Which line brings float32 in?",
)
def float32_inside(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X).float()) @ _column(y).float())
    return w.to(X.dtype), b.to(X.dtype)


@mistake(
    "returns float64 for float32 data: the result has the dtype of the data",
    hint="Fit float32 data and print the dtype of every tensor on the way. Which line brings float64 in, and where could it end?",
)
def float64_result(X, y):
    return _split(torch.linalg.pinv(_stacked(X).double()) @ _column(y).double())


@mistake(
    "leaves torch on the way: no gradient flows back to X and y",
    hint="Give X requires_grad=True and print w.requires_grad. Where do you leave torch: look for numpy, detach, .data, no_grad and torch.tensor.",
    loses=("contract[gradients]",),
)
def cut_off(X, y):
    return _split((torch.linalg.pinv(_stacked(X)) @ _column(y)).detach())


@mistake(
    "centres X and y themselves: build new tensors instead of writing into the arguments",
    hint="Print the mean of X before and after the call. Which line writes to X: with -=, with a method like sub_, or by an assignment to a part of it?",
)
def in_place(X, y):
    mean_X, mean_y = X.mean(dim=0), y.mean()
    X -= mean_X
    y -= mean_y
    w = torch.linalg.pinv(X) @ _column(y)
    return w, mean_y - mean_X @ w
