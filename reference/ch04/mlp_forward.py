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
    hint="Take an X of shape (2, 3, 4) and print the shape of what you multiply by W1. How many rows and columns should it have?",
    flat=(_last_dimension_only, _one_row, _rows_of_the_last_dimension),
)
def not_flattened(X, W1, b1, W2, b2, flat):
    return torch.relu(flat(X) @ W1 + b1) @ W2 + b2


@mistake(
    "puts the entries of an example into a row in another order: the last dimension runs fastest",
    hint="Take the single example [[1, 2], [3, 4]] and print the row that you make of it. Which number should come second?",
)
def column_major(X, W1, b1, W2, b2):
    flat = X.permute(0, *range(X.dim() - 1, 0, -1)).reshape(len(X), -1)
    return torch.relu(flat @ W1 + b1) @ W2 + b2


@mistake(
    "makes the examples columns and turns them back: entries of different examples end up in one row",
    hint="Take X = [[1, 2], [3, 4]], two examples of two numbers, and print what you multiply by W1. Is each of its rows an example?",
)
def mixes_examples(X, W1, b1, W2, b2):
    return torch.relu(X.reshape(-1, len(X)).T @ W1 + b1) @ W2 + b2


@mistake(
    "needs X to be contiguous: `view` cannot merge the dimensions of every tensor, `reshape` can",
    hint="Try an X made by torch.zeros(3, 2, 2).transpose(1, 2). Which of your lines raises the error, and what does its message advise?",
    loses=("contract[views]",),
)
def view_of_a_view(X, W1, b1, W2, b2):
    return torch.relu(X.view(len(X), -1) @ W1 + b1) @ W2 + b2


@mistake(
    "leaves out the activation: two linear maps in a row are one linear map",
    hint="Print your hidden layer for the example of the statement. Which two of its numbers should relu have changed?",
)
def no_relu(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z)


@mistake(
    "puts the outputs through relu: scores may be negative",
    hint="In the example of the statement the scores are -2 and -4. Which numbers go through relu in your code, and which in the formula?",
    hidden=(True, False),
)
def relu_on_output(X, W1, b1, W2, b2, hidden):
    return torch.relu(_layers(X, W1, b1, W2, b2, torch.relu if hidden else lambda Z: Z))


def _exponential_unit(Z):
    return F.elu(Z)


@mistake(
    "uses another activation than relu: relu is z above 0 and exactly 0 below",
    hint="What does your activation make of -2, of 1 and of 10? Compare each with the relu of the statement.",
    activation=(
        torch.sigmoid, torch.tanh, F.gelu, F.leaky_relu, F.silu, F.softplus, _exponential_unit, F.relu6,
    ),
)  # fmt: skip
def other_activation(X, W1, b1, W2, b2, activation):
    return _layers(X, W1, b1, W2, b2, activation)


@mistake(
    "takes the size of the sums: relu makes 0 of what is negative",
    hint="Print the sums of the hidden units for the example of the statement, before and after your activation. What has become of the two -1?",
)
def absolute_value(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, torch.abs)


@mistake(
    "keeps the negative side: relu keeps what is above 0",
    hint="Follow the sums -1 and 3 through your activation: which of the two survives, and which one should?",
)
def negative_side(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z.clamp(max=0))


@mistake(
    "gives 0 and 1: relu keeps the value of what is above 0",
    hint="Follow the sums 1 and 3 through your activation: should both give the same?",
)
def step_function(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: (Z > 0).to(Z.dtype))


@mistake(
    "adds the bias of the hidden units after relu: it is part of the sum that relu gets",
    hint="X W1 gives a hidden unit -2, and its bias is 3. What does the unit hand on by the statement's formula, and what in your code?",
)
def bias_after_relu(X, W1, b1, W2, b2):
    return (torch.relu(X.reshape(len(X), -1) @ W1) + b1) @ W2 + b2


@mistake(
    "leaves the bias of the hidden units out",
    hint="Let X be all zeros: what should the hidden units be, and what are they in your code?",
)
def no_hidden_bias(X, W1, b1, W2, b2):
    return _layers(X, W1, torch.zeros_like(b1), W2, b2)


@mistake(
    "leaves the bias of the outputs out",
    hint="Let W2 be all zeros: what should the scores be, and what are they in your code?",
)
def no_output_bias(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, torch.zeros_like(b2))


@mistake(
    "leaves both biases out",
    hint="Let X be all zeros: what should the hidden units and the scores be? In which lines do you read b1 and b2?",
)
def no_biases(X, W1, b1, W2, b2):
    return _layers(X, W1, torch.zeros_like(b1), W2, torch.zeros_like(b2))


@mistake(
    "adds a bias to each row: entry j of a bias belongs to unit j, which is column j of the sums",
    hint="Print the shape of each bias as you add it, beside the shape of what it is added to. Along which dimension is it repeated?",
    which=("hidden", "output", "both"),
)
def bias_per_row(X, W1, b1, W2, b2, which):
    H = torch.relu(X.reshape(len(X), -1) @ W1 + (b1 if which == "output" else b1[:, None]))
    return H @ W2 + (b2 if which == "hidden" else b2[:, None])


@mistake(
    "multiplies by a transposed weight matrix: here row i of a weight belongs to input i",
    hint="Write down which shapes meet in each product for n = 5, d = 4, h = 3, q = 2. If you use F.linear, what does it do to its weight?",
    which=("W1", "W2", "both"),
)
def weights_transposed(X, W1, b1, W2, b2, which):
    return _layers(X, W1 if which == "W2" else W1.T, b1, W2 if which == "W1" else W2.T, b2)


@mistake(
    "makes probabilities of the outputs: scores are asked for",
    hint="In the example of the statement the scores are -2 and -4. Print yours after each step: which step turns them into something else?",
    log=(False, True),
)
def softmax_on_output(X, W1, b1, W2, b2, log):
    return (torch.log_softmax if log else torch.softmax)(_layers(X, W1, b1, W2, b2), 1)


@mistake(
    "takes the largest sum along a dimension: relu compares each entry on its own with the number 0",
    hint="How many numbers does your maximum make of [[3, -1], [-1, 1]], and how many should there be? What does the 0 in it stand for?",
    keeps_indices=(True, False),
)
def maximum_along_dimension(X, W1, b1, W2, b2, keeps_indices):
    return _layers(X, W1, b1, W2, b2, lambda Z: Z.max(0) if keeps_indices else Z.max(0).values)


@mistake(
    "multiplies entry by entry instead of taking a matrix product",
    hint="Multiply torch.ones(2, 3) by torch.ones(3, 4) as your code does. What happens, and which shape should the product have?",
)
def elementwise(X, W1, b1, W2, b2):
    return torch.relu(X.reshape(len(X), -1) * W1 + b1) * W2 + b2


@mistake(
    "returns the hidden layer too: only the outputs are asked for",
    hint="How many tensors does your `return` name, and how many does the docstring of the stub promise?",
)
def returns_hidden_too(X, W1, b1, W2, b2):
    H = torch.relu(X.reshape(len(X), -1) @ W1 + b1)
    return H @ W2 + b2, H


@mistake(
    "drops dimensions of size 1 from the result: it has the shape (n, q), whatever n and q are",
    hint="Print the shape of your result for n = 1 and for q = 1. Which of your lines takes a dimension away?",
)
def squeezed(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).squeeze()


@mistake(
    "returns float32: the result has the dtype of the arguments",
    hint="Print the dtype after each line for arguments in float64. In which line does float64 get lost?",
    loses=("contract[dtype]", "contract[arguments]", "contract[gradients]", "large_and_tiny"),
)
def float32_result(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).float()


@mistake(
    "cuts the result off from its arguments: gradients have to reach all of them",
    hint="Let W2 alone require gradients, and print requires_grad of what each of your steps returns. From which step on should it be True?",
    loses=("contract[gradients]",),
)
def detached(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2).detach()


@mistake(
    "cuts the hidden layer off: gradients have to reach X, W1 and b1 as well",
    hint="Let W1 alone require gradients, and print requires_grad of what each of your steps returns. Where does it become False?",
    loses=("contract[gradients]",),
)
def hidden_detached(X, W1, b1, W2, b2):
    return _layers(X, W1, b1, W2, b2, lambda Z: torch.relu(Z).detach())


@mistake(
    "cuts X off: gradients have to reach it as well",
    hint="Let X alone require gradients, and print requires_grad of what each of your steps returns. Where does it become False?",
    loses=("contract[gradients]",),
)
def inputs_detached(X, W1, b1, W2, b2):
    return _layers(X.detach(), W1, b1, W2, b2)


@mistake(
    "reshapes X itself: make a new tensor of it",
    hint="Print the shape of a three-dimensional X before and after a call. Which of your lines assigns to X.data, or calls something that ends in an underscore (resize_)?",
    loses=("contract[arguments]",),
)
def X_in_place(X, W1, b1, W2, b2):
    answer = _layers(X, W1, b1, W2, b2)
    X.data = X.data.reshape(len(X), -1)
    return answer
