"""The contract that every exercise keeps, declared in one line per function.

    dtype       float32 in, float32 out; float64 in, float64 out; where calls run on a GPU, the same of
                float16 and bfloat16, if the function is right in them
    single      one row, one column, one step
    views       non-contiguous arguments
    arguments   arguments and the global random state are left alone
    gradients   gradients equal the reference's (or, for plain values, inputs that require
                gradients are accepted)
    device      on a GPU it gives the same, there; where there is none, on a pretend one
    operations  what a call costs, at two sizes; reported once all else is right, worth points only where
                course.toml gives some for efficiency

Every clause compares the values too: an answer that is wrong has nothing to show for its dtype.
The values of a random function are not compared but judged, by a function that the author gives; it
may move the global random state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dlex.grading.calls import Draw, Function, Functions
from dlex.grading.checks import check
from dlex.grading.compare import assert_alike, assert_close
from dlex.grading.efficiency import efficiency
from dlex.grading.failures import CheckFailed, Difference, Raised
from dlex.grading.render import render_tensor, render_value
from dlex.grading.strategies import as_view
from dlex.language import _
from dlex.worker import wire
from dlex.worker.values import leaves

Inputs = Callable[..., st.SearchStrategy[dict[str, object]]]
EXAMPLES = 25
FEWER = {
    **dict.fromkeys(("dtype", "arguments", "single"), 15),  # each example has arguments of every kind
    "device": 5,  # what goes wrong with devices rarely depends on the numbers
    "operations": 1,
}
FLOATS = (torch.float32, torch.float64)
HALVES = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Contract:
    """The common contract for one function.

    Args:
        function: its name.
        inputs: called with sizes and `dtype` as keywords, gives a strategy for its arguments, by
            name and in order.
        single: names of the sizes that must also work when they are 1.
        grow: two settings of the sizes at which operations are counted.
        differentiable: whether gradients are part of the contract.
        points: points of each clause, where they are not 1.
        judge: for a random function: gets a `Draw` and fails the check where it cannot be right. Type,
            shape, dtype and device are compared with the reference before. A judge that finds
            `gradients` in the draw compares them as well.
        clauses: names of the clauses that apply, where not all do: what takes no tensors has no views.
        magnitude: of values and gradients, as in `assert_close`.
        collect: for a function whose result is to be looped over: how many items it may have at most.
        half: whether every right answer is close in float16 and bfloat16, too: sums in which terms cancel
            are not, nor are differences of small numbers.

    Example (a line of a grader file):
        contract = Contract("softmax", logits, single=("n", "q"), grow=({"n": 8}, {"n": 32}))
    """

    function: str
    inputs: Inputs
    single: tuple[str, ...] = ()
    grow: tuple[dict[str, int], dict[str, int]] | None = None
    differentiable: bool = True
    points: dict[str, float] = field(default_factory=dict)
    judge: Callable[[Draw], None] | None = None
    clauses: tuple[str, ...] = ()
    magnitude: float = 0.0
    collect: int | None = None
    half: bool = False

    def checks(self, *, named: bool = False, device: str = wire.CPU) -> Iterator[tuple[str, Callable]]:
        """The clauses as check functions, by name. `named`: titles say which function they are about;
        `device` is where calls run."""
        about = _("{function}: {title}") if named else "{title}"
        half = self.half and device == wire.GPU
        clauses = self._clauses(half)
        unknown = set(self.clauses) - clauses.keys()
        if unknown:
            raise ValueError(f"{self.function} has no clauses {', '.join(sorted(unknown))}")
        for name in self.clauses or clauses:
            make, title = clauses[name]
            points = 0 if name == "operations" else self.points.get(name, 1)
            examples = settings(max_examples=FEWER.get(name, EXAMPLES))
            yield (
                name,
                check(points, title=about.format(function=self.function, title=title))(examples(make())),
            )

    def _clauses(self, half: bool) -> dict[str, tuple[Callable, str]]:
        """What makes each clause, and its title."""
        plain = self._dtype, _("works in float32 and in float64")
        clauses = {
            "dtype": (self._half, _("works in float16, bfloat16, float32 and float64")) if half else plain,
            "views": (self._views, _("works for non-contiguous views")),
            "arguments": (self._arguments, self._arguments_title),
        }
        if self.single:
            title = _("works when {sizes} is 1").format(sizes=_either(self.single))
            clauses["single"] = self._single, title
        if self.differentiable:
            clauses["gradients"] = self._gradients, _("gradients reach every float argument")
        else:
            clauses["requires_grad"] = self._requires_grad, _("accepts inputs that require gradients")
        clauses["device"] = self._device, _("works on a GPU")
        if self.grow:
            clauses["operations"] = self._operations, _("operations dispatched at two sizes")
        return clauses

    @property
    def _arguments_title(self) -> str:
        if self.judge:
            return _("leaves its arguments alone")
        return _("leaves its arguments and the random state alone")

    def _of(self, functions: Functions) -> Function:
        function = getattr(functions, self.function)
        return function if self.collect is None else function.collected(self.collect)

    def _every(self, kinds: Sequence[dict[str, object]]) -> st.SearchStrategy[tuple[dict[str, object], ...]]:
        """Arguments of every kind: an example with just one of them may leave a kind out for long."""
        return st.tuples(*(self.inputs(**kind) for kind in kinds))

    def _half(self) -> Callable:
        return self._dtype((*FLOATS, *HALVES))

    def _dtype(self, dtypes: Sequence[torch.dtype] = FLOATS) -> Callable:
        @given(each=self._every([{"dtype": dtype} for dtype in dtypes]))
        def clause(submission, reference, each):
            for arguments in each:
                self._compare(submission, reference, arguments)

        return clause

    def _single(self) -> Callable:
        @given(each=self._every([{name: 1} for name in self.single]))
        def clause(submission, reference, each):
            for arguments in each:
                self._compare(submission, reference, arguments)

        return clause

    def _views(self) -> Callable:
        @given(arguments=self.inputs())
        def clause(submission, reference, arguments):
            for layout in ("transposed", "strided"):
                self._compare(submission, reference, as_view(arguments, layout))

        return clause

    def _arguments(self) -> Callable:
        @given(each=self._every([{"dtype": dtype} for dtype in FLOATS]))
        def clause(submission, reference, each):
            for arguments in each:
                seen = self._of(submission).observe(*arguments.values())
                self._compare_values(seen.value, reference, arguments)
                assert_unchanged(arguments, seen.arguments)
                if seen.random_state_moved and self.judge is None:
                    summary = _("the call draws random numbers, or sets a seed")
                    raise CheckFailed(Difference("random", summary))

        return clause

    def _gradients(self) -> Callable:
        @given(arguments=self.inputs(dtype=torch.float64))
        def clause(submission, reference, arguments):
            _require_gradients(arguments)
            plain = self._of(reference)(*arguments.values())
            weights = [_weights(leaf) for leaf in leaves(plain) if leaf.is_floating_point()]
            value, grads = self._of(submission).gradients(weights, *arguments.values())
            if self.judge is not None:
                self._judge_gradients(value, weights, grads, plain, arguments)
                return
            expected, expected_grads = self._of(reference).gradients(weights, *arguments.values())
            assert_close(value, expected, magnitude=self.magnitude)
            self._compare_gradients(arguments, grads, expected_grads)

        return clause

    def _requires_grad(self) -> Callable:
        @given(arguments=self.inputs())
        def clause(submission, reference, arguments):
            _require_gradients(arguments)
            self._compare(submission, reference, arguments)

        return clause

    def _device(self) -> Callable:
        @given(arguments=self.inputs())
        def clause(submission, reference, arguments):
            function = self._of(submission)
            try:
                actual = function.on_gpu()(*arguments.values())
            except Raised as failure:
                if failure.fault is None or failure.fault.kind != "numpy":
                    raise
                actual = function(*arguments.values())  # written in NumPy: for the CPU
            self._compare_values(actual, reference, arguments)

        return clause

    def _operations(self) -> Callable:
        small, large = self.grow

        @given(small_input=self.inputs(**small), large_input=self.inputs(**large))
        def clause(submission, reference, small_input, large_input):
            inputs = small_input, large_input
            measured = [self._of(submission).measure(*each.values()) for each in inputs]
            for arguments, (actual, _cost) in zip(inputs, measured, strict=True):
                self._compare_values(actual, reference, arguments)
            wanted = [self._of(reference).measure(*each.values()) for each in inputs]
            entries = [sum(leaf.numel() for leaf in leaves(value)) for value, _cost in wanted]
            costs, reference_costs = ([cost for _value, cost in both] for both in (measured, wanted))
            return efficiency(self.function, (small, large), entries, costs, reference_costs)

        return clause

    def _compare(self, submission, reference, arguments: dict[str, object]) -> None:
        actual = self._of(submission)(*arguments.values())
        self._compare_values(actual, reference, arguments)

    def _compare_values(self, actual: object, reference, arguments: dict[str, object]) -> None:
        expected = self._of(reference)(*arguments.values())
        if self.judge is None:
            assert_close(actual, expected, magnitude=self.magnitude)
        else:
            assert_alike(actual, expected)
            self.judge(Draw(arguments, actual))

    def _judge_gradients(self, value, weights, grads, expected, arguments: dict[str, object]) -> None:
        """As `_compare_gradients`, for a random function. A gradient that did not arrive counts as 0:
        where nothing was kept, that is what it is."""
        assert_alike(value, expected)
        self.judge(Draw(arguments, value))
        arrived = filled_gradients(arguments, grads)
        try:
            self.judge(Draw(arguments, value, weights, arrived))
        except CheckFailed:
            if all(grad is not None for grad in grads):
                raise
            summary = _("no gradient arrives: the result is cut off from its arguments")
            raise CheckFailed(Difference("gradient", summary)) from None

    def _compare_gradients(self, arguments, grads, expected) -> None:
        names = [name for name, value in arguments.items() for _leaf in _floats(value)]
        for name, grad, want in zip(names, grads, expected, strict=True):
            if want is None or (grad is None and not want.any()):
                continue
            if grad is None:
                summary = _("no gradient reaches {name}: the result is cut off from it")
                raise CheckFailed(Difference("gradient", summary.format(name=name)))
            assert_close(grad, want, what=f"the gradient of {name}", magnitude=self.magnitude)


def filled_gradients(arguments: dict[str, object], grads: list) -> list[torch.Tensor]:
    """The gradients of the arguments that require one, zeros in place of those that did not arrive."""
    wanted = [leaf for leaf in leaves(arguments) if leaf.requires_grad]
    return [
        torch.zeros_like(leaf, requires_grad=False) if grad is None else grad
        for leaf, grad in zip(wanted, grads, strict=True)
    ]


def assert_unchanged(before: dict[str, object], after: list[object]) -> None:
    """Fail if a call changed one of its arguments.

    Args:
        before: the arguments by name, in the order in which they were given.
        after: the arguments as `observe` found them after the call.

    Raises:
        CheckFailed: says which one, and what became of it.

    Example:
        >>> assert_unchanged({"x": 1.0}, [1.0])
    """
    for (name, value), left in zip(before.items(), after, strict=False):
        changed = _change(name, value, left)
        if changed is not None:
            raise CheckFailed(changed)


def _change(name: str, before: object, after: object) -> Difference | None:
    """What a call did to an argument, the lists and numbers around its tensors included."""
    summary = _("{name} was changed by the call").format(name=name)
    if _outline(before) != _outline(after):
        return Difference("arguments", summary, render_value(after), render_value(before))
    for old, new in zip(leaves(before), leaves(after), strict=True):
        same = old.shape == new.shape and old.dtype == new.dtype
        if not same or not torch.equal(torch.nan_to_num(old), torch.nan_to_num(new)):
            wrong = (old != new) if same else None
            return Difference("arguments", summary, render_tensor(new, wrong), render_tensor(old, wrong))
    return None


def _outline(value: object) -> object:
    """What of an argument is no tensor: lengths, keys, numbers and strings."""
    if isinstance(value, (list, tuple)):
        return [_outline(item) for item in value]
    if isinstance(value, dict):
        return {name: _outline(item) for name, item in value.items()}
    if isinstance(value, torch.Tensor):
        return "a tensor"
    return repr(value) if isinstance(value, (bool, int, float, str)) else None


def _floats(value: object) -> list[torch.Tensor]:
    return [leaf for leaf in leaves(value) if leaf.is_floating_point()]


def _require_gradients(arguments: dict[str, object]) -> None:
    for value in arguments.values():
        for leaf in _floats(value):
            leaf.requires_grad_()


def _weights(result: torch.Tensor) -> torch.Tensor:
    """Weights for a backward pass, different for every entry, the same every time."""
    k = torch.arange(1, result.numel() + 1, dtype=torch.float64)
    return torch.cos(2.3 * k + 0.4).add(0.25).to(result.dtype).reshape(result.shape)


def _either(names: tuple[str, ...]) -> str:
    """Names as a choice: "n or q", "h, w or k"."""
    return _(" or ").join(filter(None, [_(", ").join(names[:-1]), names[-1]]))
