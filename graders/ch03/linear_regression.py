"""Checks of linear_regression.

In float32, entries are multiples of 1/16: sums of their products are exact, whatever the order.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, check, sizes, tensors
from dlex.language import _

STEPS = 30
HALF_POINTS = dict.fromkeys(("dtype", "views", "arguments", "single", "requires_grad", "device"), 0.5)


def entries(shape, dtype):
    return tensors(shape, dtype, step=0.0 if dtype is torch.float64 else 1 / 16)


@st.composite
def models(draw, n=None, d=None, dtype=torch.float32):
    n, d = draw(sizes(n)), draw(sizes(d))
    shapes = {"X": (n, d), "w": (d, 1), "b": (1,)}
    return {name: draw(entries(shape, dtype)) for name, shape in shapes.items()}


@st.composite
def predictions(draw, n=None, dtype=torch.float32, y_hat_flat=False, y_flat=None):
    """Predictions and targets; `None` leaves it open whether the targets have shape (n,) or (n, 1)."""
    n = draw(sizes(n))
    y_flat = draw(st.booleans()) if y_flat is None else y_flat
    flat = {"y_hat": y_hat_flat, "y": y_flat}
    return {name: draw(entries((n,) if is_flat else (n, 1), dtype)) for name, is_flat in flat.items()}


@st.composite
def descents(draw, d=None, dtype=torch.float32, shapes=None):
    """Parameters of these shapes, those of a linear model if left out, and their gradients."""
    shapes = [(draw(sizes(d)), 1), (1,)] if shapes is None else shapes
    return {
        "params": [draw(entries(shape, dtype)) for shape in shapes],
        "grads": [draw(entries(shape, dtype)) for shape in shapes],
        "lr": draw(st.sampled_from([0.5, 0.03, 1.0, 0.1])),
        "batch_size": draw(st.sampled_from([2, 1, 3, 10])),
    }


linreg = Contract(
    "linreg", models, single=("n", "d"), grow=({"n": 4, "d": 6}, {"n": 16, "d": 24}), points=HALF_POINTS
)
squared_loss = Contract(
    "squared_loss", predictions, single=("n",), grow=({"n": 4}, {"n": 16}), points=HALF_POINTS
)
sgd = Contract(
    "sgd",
    descents,
    single=("d",),
    grow=({"d": 4}, {"d": 16}),
    differentiable=False,
    points={**HALF_POINTS, "arguments": 1.5},
)


@check(points=1)
def test_worked_predictions(submission, reference):
    """linreg: the example of the statement"""
    X, w, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[2.0], [-1.0]]), torch.tensor([0.5])
    assert_close(submission.linreg(X, w, b), reference.linreg(X, w, b))


@check(points=1)
def test_worked_losses(submission, reference):
    """squared_loss: the example of the statement"""
    y_hat, y = torch.tensor([[1.0], [5.0]]), torch.tensor([3.0, 4.0])
    assert_close(submission.squared_loss(y_hat, y), reference.squared_loss(y_hat, y))


@check(points=1)
def test_worked_step(submission, reference):
    """sgd: the example of the statement"""
    params, grads = [torch.tensor([1.0, 2.0])], [torch.tensor([4.0, -8.0])]
    arguments = {"lr": 0.5, "batch_size": 4}
    assert_close(submission.sgd(params, grads, **arguments), reference.sgd(params, grads, **arguments))


@check(points=1)
@given(arguments=models() | models(n=16, d=20))
def test_any_predictions(submission, reference, arguments):
    """linreg: any examples"""
    assert_close(submission.linreg(*arguments.values()), reference.linreg(*arguments.values()))


@check(points=1)
@given(
    arguments=predictions(y_flat=False) | predictions(n=16, y_flat=False),
    scale=st.sampled_from([1.0, 2.0**7, 2.0**20]),
)
def test_any_losses(submission, reference, arguments, scale):
    """squared_loss: targets of shape (n, 1)"""
    y_hat, y = (value * scale for value in arguments.values())
    assert_close(submission.squared_loss(y_hat, y), reference.squared_loss(y_hat, y))


@check(points=1, hidden=True, hint="Which shape has the difference of an (n, 1) and an (n,) tensor?")
@settings(max_examples=30)
@given(arguments=predictions(y_flat=True))
def test_flat_targets(submission, reference, arguments):
    """squared_loss: targets of shape (n,)"""
    assert_close(submission.squared_loss(*arguments.values()), reference.squared_loss(*arguments.values()))


@check(
    points=1, hidden=True, hint="Which of the two shapes should the result have, and is it always the same?"
)
@settings(max_examples=30)
@given(arguments=predictions(y_hat_flat=True))
def test_flat_predictions(submission, reference, arguments):
    """squared_loss: predictions of shape (n,)"""
    assert_close(submission.squared_loss(*arguments.values()), reference.squared_loss(*arguments.values()))


@check(points=1, hidden=True, hint="How many digits has the square of 1000000.5, and how many has float32?")
@settings(max_examples=30)
@given(arguments=predictions(), base=st.sampled_from([2.0**10, 2.0**20, -(2.0**15)]))
def test_close_and_large(submission, reference, arguments, base):
    """squared_loss: large numbers close together"""
    y_hat, y = (value + base for value in arguments.values())
    assert_close(submission.squared_loss(y_hat, y), reference.squared_loss(y_hat, y))


@check(points=1)
@given(arguments=descents() | descents(dtype=torch.float64))
def test_any_step(submission, reference, arguments):
    """sgd: the parameters of a linear model"""
    assert_close(submission.sgd(*arguments.values()), reference.sgd(*arguments.values()))


@check(points=1, hidden=True, hint="Does anything in the code depend on how many parameters there are?")
@settings(max_examples=30)
@given(
    arguments=st.lists(st.sampled_from([(), (3,), (2, 3), (1,), (2, 1, 2)]), max_size=4).flatmap(
        lambda shapes: descents(shapes=shapes)
    )
)
def test_any_parameters(submission, reference, arguments):
    """sgd: any number of parameters, of any shapes"""
    assert_close(submission.sgd(*arguments.values()), reference.sgd(*arguments.values()))


@check(points=2, hidden=True, hint="How does the loss of a batch change from one step to the next?")
def test_training(submission, reference):
    """all three together find the line behind the data"""
    X = torch.tensor([[0.0, 1], [1, 0], [1, 2], [2, 1], [-1, 1]], dtype=torch.float64)
    y = (X @ torch.tensor([[2.0], [-3.4]], dtype=torch.float64) + 4.2)[:, 0]  # (5,)
    mine = wanted = [torch.zeros(2, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)]
    for step in range(1, STEPS + 1):
        mine, wanted = descend(submission, X, y, mine), descend(reference, X, y, wanted)
        assert_close(mine, wanted, what=_("the parameters after step {step}").format(step=step))


def descend(functions, X, y, params):
    """The parameters after one step: forward through both functions, backward, and `sgd`."""
    y_hat = functions.linreg(X, *params).requires_grad_()
    _losses, grads = functions.squared_loss.gradients(torch.ones_like(y)[:, None], y_hat, y)
    (of_y_hat,) = arrived(grads, [y_hat])
    leaves = [param.detach().requires_grad_() for param in params]
    _outputs, grads = functions.linreg.gradients(of_y_hat, X, *leaves)
    return functions.sgd(params, arrived(grads, leaves), 0.3, len(y))


def arrived(grads, leaves):
    """The gradients, zeros in place of those that did not arrive."""
    return [
        torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, grads, strict=True)
    ]
