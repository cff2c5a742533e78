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


@mistake("fits no bias: it is the weight of one more feature, which is always 1")
def no_bias(X, y):
    w = torch.linalg.pinv(X) @ _column(y)
    return w, torch.zeros_like(w[0])


@mistake("takes the first entry of theta for the bias, but the column of ones is the last")
def bias_first(X, y):
    theta = torch.linalg.pinv(_stacked(X)) @ _column(y)
    return theta[1:], theta[0]


@mistake("takes the last entry of theta for the bias, but the column of ones is the first")
def ones_first(X, y):
    A = torch.cat([torch.ones_like(X[:, :1]), X], dim=1)
    return _split(torch.linalg.pinv(A) @ _column(y))


@mistake(
    "centres the data for w, and forgets the mean of X in the bias: it is the mean of y minus what w makes of "
    "the mean of X"
)
def bias_is_the_mean_of_y(X, y):
    y = _column(y)
    w = torch.linalg.pinv(X - X.mean(dim=0)) @ (y - y.mean())
    return w, y.mean(dim=0)


@mistake("fits w without a bias, then b to what is left: both have to be fitted together")
def bias_from_residuals(X, y):
    y = _column(y)
    w = torch.linalg.pinv(X) @ y
    return w, (y - X @ w).mean(dim=0)


@mistake(
    "centres the data, which finds the smallest w: the bias belongs to the vector whose length counts, too",
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
    by=(_solved, _inverted),
)
def no_transpose(X, y, by):
    return _split(by(_stacked(X), _column(y)))


@mistake(
    "multiplies [X, 1] by its transpose in the wrong order: the product that belongs to the unknowns has d + 1 rows",
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
    loses=("few_examples", "dependent_columns", "constant_feature"),
    solve=(_normal_inverted, _normal_inverted_times, _normal_solved, _normal_cholesky, _by_qr),
)
def fails_when_singular(X, y, solve):
    return _split(solve(_stacked(X), _column(y)))


@mistake(
    "adds a little to the diagonal to make it invertible: that is ridge regression, whose answer is another one",
    penalty=(1e-3, 1e-4, 1e-5, 1e-6, 1e-8),
)
def ridge(X, y, penalty):
    A = _stacked(X)
    return _split(
        torch.linalg.solve(A.T @ A + penalty * torch.eye(A.shape[1], dtype=A.dtype), A.T @ _column(y))
    )


@mistake("w has shape (d,) where y has shape (n,): it is a column, shape (d, 1), always")
def w_follows_y(X, y):
    theta = torch.linalg.pinv(_stacked(X)) @ y
    return theta[:-1], theta[-1:].reshape(1)


@mistake("w has shape (d,): it is a column, shape (d, 1)")
def flat_w(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w[:, 0], b


@mistake("b is a single number, shape (): shape (1,) is asked for")
def scalar_b(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w, b[0]


@mistake("b has shape (1, 1): shape (1,) is asked for")
def column_b(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return w, b[None]


@mistake("returns w and b in one tensor: a tuple of the two is asked for")
def one_tensor(X, y):
    return torch.linalg.pinv(_stacked(X)) @ _column(y)


@mistake("returns b and w: w comes first")
def swapped(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X)) @ _column(y))
    return b, w


@mistake("computes in float32: float64 data have twice as many digits")
def float32_inside(X, y):
    w, b = _split(torch.linalg.pinv(_stacked(X).float()) @ _column(y).float())
    return w.to(X.dtype), b.to(X.dtype)


@mistake("returns float64 for float32 data: the result has the dtype of the data")
def float64_result(X, y):
    return _split(torch.linalg.pinv(_stacked(X).double()) @ _column(y).double())


@mistake("leaves torch on the way: no gradient flows back to X and y", loses=("contract[gradients]",))
def cut_off(X, y):
    return _split((torch.linalg.pinv(_stacked(X)) @ _column(y)).detach())


@mistake("centres X and y themselves: build new tensors instead of writing into the arguments")
def in_place(X, y):
    mean_X, mean_y = X.mean(dim=0), y.mean()
    X -= mean_X
    y -= mean_y
    w = torch.linalg.pinv(X) @ _column(y)
    return w, mean_y - mean_X @ w
