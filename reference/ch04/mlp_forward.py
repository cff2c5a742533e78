"""The multilayer perceptron: oracle and known mistakes."""

import torch
import torch.nn.functional as F

from dlex.grading import mistake


def mlp(X, W1, b1, W2, b2):
    return F.linear(F.relu(F.linear(X.flatten(1), W1.T, b1)), W2.T, b2)


# What the mistakes below share: the right way, with one part that each of them can spoil.


def _layers(X, W1, b1, W2, b2, activation=torch.relu):
    return activation(X.reshape(len(X), -1) @ W1 + b1) @ W2 + b2


def _last_dimension_only(X):
    return X


def _one_row(X):
    return X.reshape(1, -1)


def _rows_of_the_last_dimension(X):
    return X.reshape(-1, X.shape[-1])


@mistake(
    "does not put each example into one row: X may have more than two dimensions",
    flat=(_last_dimension_only, _one_row, _rows_of_the_last_dimension),
)
def not_flattened(X, W1, b1, W2, b2, flat):
    return torch.relu(flat(X) @ W1 + b1) @ W2 + b2


@mistake("puts the entries of an example into a row in another order: the last dimension runs fastest")
def column_major(X, W1, b1, W2, b2):
    flat = X.permute(0, *range(X.dim() - 1, 0, -1)).reshape(len(X), -1)
    return torch.relu(flat @ W1 + b1) @ W2 + b2


@mistake("makes the examples columns and turns them back: entries of different examples end up in one row")
def mixes_examples(X, W1, b1, W2, b2):
    return torch.relu(X.reshape(-1, len(X)).T @ W1 + b1) @ W2 + b2


@mistake(
    "needs X to be contiguous: `view` cannot merge the dimensions of every tensor, `reshape` can",
    loses=("contract[views]",),
)
def view_of_a_view(X, W1, b1, W2, b2):
    return torch.relu(X.view(len(X), -1) @ W1 + b1) @ W2 + b2


@mistake("leaves out the activation: two linear maps in a row are one linear map")
def no_relu(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z)


@mistake("puts the outputs through relu: scores may be negative", hidden=(True, False))
def relu_on_output(X, W1, b1, W2, b2, hidden):
    return torch.relu(_layers(X, W1, b1, W2, b2, torch.relu if hidden else lambda Z: Z))


def _exponential_unit(Z):
    return F.elu(Z)


@mistake(
    "uses another activation than relu: relu is z above 0 and exactly 0 below",
    activation=(
        torch.sigmoid, torch.tanh, F.gelu, F.leaky_relu, F.silu, F.softplus, _exponential_unit, F.relu6,
    ),
)  # fmt: skip
def other_activation(X, W1, b1, W2, b2, activation):
    return _layers(X, W1, b1, W2, b2, activation)


@mistake("takes the size of the sums: relu makes 0 of what is negative")
def absolute_value(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, torch.abs)


@mistake("keeps the negative side: relu keeps what is above 0")
def negative_side(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z.clamp(max=0))


@mistake("gives 0 and 1: relu keeps the value of what is above 0")
def step_function(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: (Z > 0).to(Z.dtype))


@mistake("adds the bias of the hidden units after relu: it is part of the sum that relu gets")
def bias_after_relu(X, W1, b1, W2, b2):
    return (torch.relu(X.reshape(len(X), -1) @ W1) + b1) @ W2 + b2


@mistake("leaves the bias of the hidden units out")
def no_hidden_bias(X, W1, b1, W2, b2):
    return _layers(X, W1, torch.zeros_like(b1), W2, b2)


@mistake("leaves the bias of the outputs out")
def no_output_bias(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, torch.zeros_like(b2))


@mistake("leaves both biases out")
def no_biases(X, W1, b1, W2, b2):
    return _layers(X, W1, torch.zeros_like(b1), W2, torch.zeros_like(b2))


@mistake(
    "adds a bias to each row: entry j of a bias belongs to unit j, which is column j of the sums",
    which=("hidden", "output", "both"),
)
def bias_per_row(X, W1, b1, W2, b2, which):
    H = torch.relu(X.reshape(len(X), -1) @ W1 + (b1 if which == "output" else b1[:, None]))
    return H @ W2 + (b2 if which == "hidden" else b2[:, None])


@mistake(
    "multiplies by a transposed weight matrix: here row i of a weight belongs to input i",
    which=("W1", "W2", "both"),
)
def weights_transposed(X, W1, b1, W2, b2, which):
    return _layers(X, W1 if which == "W2" else W1.T, b1, W2 if which == "W1" else W2.T, b2)


@mistake("makes probabilities of the outputs: scores are asked for", log=(False, True))
def softmax_on_output(X, W1, b1, W2, b2, log):
    return (torch.log_softmax if log else torch.softmax)(_layers(X, W1, b1, W2, b2), 1)


@mistake(
    "takes the largest sum along a dimension: relu compares each entry on its own with the number 0",
    keeps_indices=(True, False),
)
def maximum_along_dimension(X, W1, b1, W2, b2, keeps_indices):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z.max(0) if keeps_indices else Z.max(0).values)


@mistake("multiplies entry by entry instead of taking a matrix product")
def elementwise(X, W1, b1, W2, b2):
    return torch.relu(X.reshape(len(X), -1) * W1 + b1) * W2 + b2


@mistake("returns the hidden layer too: only the outputs are asked for")
def returns_hidden_too(X, W1, b1, W2, b2):
    H = torch.relu(X.reshape(len(X), -1) @ W1 + b1)
    return H @ W2 + b2, H


@mistake("drops dimensions of size 1 from the result: it has the shape (n, q), whatever n and q are")
def squeezed(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).squeeze()


@mistake(
    "returns float32: the result has the dtype of the arguments",
    loses=("contract[dtype]", "contract[arguments]", "contract[gradients]", "large_and_tiny"),
)
def float32_result(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).float()


@mistake(
    "cuts the result off from its arguments: gradients have to reach all of them",
    loses=("contract[gradients]",),
)
def detached(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).detach()


@mistake(
    "cuts the hidden layer off: gradients have to reach X, W1 and b1 as well",
    loses=("contract[gradients]",),
)
def hidden_detached(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: torch.relu(Z).detach())


@mistake(
    "cuts X off: gradients have to reach it as well",
    loses=("contract[gradients]",),
)
def inputs_detached(X, W1, b1, W2, b2):
    return _layers(X.detach(), W1, b1, W2, b2)


@mistake("reshapes X itself: make a new tensor of it", loses=("contract[arguments]",))
def X_in_place(X, W1, b1, W2, b2):
    answer = _layers(X, W1, b1, W2, b2)
    X.data = X.data.reshape(len(X), -1)
    return answer
