"""Small changes to a syntax tree that turn a right answer into one with a plausible slip.

Why a table of our own: the operators of mutmut and cosmic-ray are made for general code (a number
plus one, a value for None, the case of a string). They know nothing of what goes wrong with
tensors: the axis, a reduction, keepdim, the order of sizes, a gradient cut off, an argument changed
in place. Neither offers its operators as a library, and each brings a test runner along.

An operator takes a node and yields replacements; the text around a node stays as it is. A `None`
from a statement's operator drops the statement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy

Change = ast.AST | None
Operator = Callable[[ast.AST], Iterator[Change]]
OPERATORS: dict[type[ast.AST], list[Operator]] = {}

ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
ONE_SIDED = (ast.Sub, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv, ast.Mod)
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_"}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
NAMES = {  # what is easily taken for what
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "amax": "amin", "amin": "amax",
    "argmax": "argmin", "argmin": "argmax", "maximum": "minimum", "minimum": "maximum",
    "log": "log10", "log2": "log", "log1p": "log", "exp": "expm1", "sqrt": "abs", "abs": "square",
    "square": "abs", "std": "var", "var": "std", "tanh": "sigmoid", "sigmoid": "tanh",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "rand": "randn", "randn": "rand", "rand_like": "randn_like", "randperm": "arange",
    "floor": "ceil", "ceil": "floor", "any": "all", "all": "any", "triu": "tril", "tril": "triu",
    "cat": "stack", "stack": "cat", "cumsum": "cumprod", "cumprod": "cumsum", "matmul": "mul",
    "values": "indices", "float64": "float32", "float32": "float16", "int64": "int32",
    "append": "extend", "extend": "append", "union": "intersection",
}  # fmt: skip
TRANSPOSES = ("T", "mT", "H", "mH")


def operator(*kinds: type[ast.AST]) -> Callable[[Operator], Operator]:
    """Register an operator for some kinds of nodes."""

    def register(function: Operator) -> Operator:
        for kind in kinds:
            OPERATORS.setdefault(kind, []).append(function)
        return function

    return register


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields."""
    copy = deepcopy(node)
    for name, value in fields.items():
        setattr(copy, name, deepcopy(value))
    return copy


def method(value: ast.expr, name: str, *args: ast.expr) -> ast.Call:
    """The call `value.name(*args)`."""
    return ast.Call(ast.Attribute(deepcopy(value), name, ast.Load()), [deepcopy(a) for a in args], [])


@operator(ast.BinOp)
def another_operation(node):
    if type(node.op) in ARITHMETIC:
        yield changed(node, op=ARITHMETIC[type(node.op)]())


@operator(ast.BinOp)
def operands_swapped(node):
    if isinstance(node.op, ONE_SIDED):
        yield changed(node, left=node.right, right=node.left)


@operator(ast.BinOp)
def operand_dropped(node):
    yield node.left
    yield node.right


@operator(ast.BinOp)
def in_place(node):
    if isinstance(node.left, ast.Name) and type(node.op) in IN_PLACE:
        yield method(node.left, IN_PLACE[type(node.op)], node.right)


@operator(ast.UnaryOp)
def sign_or_not_dropped(node):
    yield node.operand


@operator(ast.Compare)
def another_comparison(node):
    for other in COMPARISONS[type(node.ops[0])]:
        yield changed(node, ops=[other(), *node.ops[1:]])


@operator(ast.BoolOp)
def another_connective(node):
    yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


@operator(ast.BoolOp)
def condition_dropped(node):
    for k in range(len(node.values)):
        rest = [*node.values[:k], *node.values[k + 1 :]]
        yield rest[0] if len(rest) == 1 else changed(node, values=rest)


@operator(ast.Constant)
def another_constant(node):
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), _number(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(value * 2), ast.Constant(value / 2), ast.Constant(value + 1.0))
    elif isinstance(value, str):
        yield ast.Constant(value + "_")


@operator(ast.Call)
def call_dropped(node):
    """f(x) becomes x, x.f() becomes x."""
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield node.func.value
    elif node.args and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
        yield node.args[0]


@operator(ast.Call)
def arguments_swapped(node):
    for k in range(len(node.args) - 1):
        swapped = [*node.args[:k], node.args[k + 1], node.args[k], *node.args[k + 2 :]]
        if not any(isinstance(arg, ast.Starred) for arg in swapped):
            yield changed(node, args=swapped)


@operator(ast.Call)
def argument_dropped(node):
    for k in range(len(node.keywords)):
        yield changed(node, keywords=[*node.keywords[:k], *node.keywords[k + 1 :]])
    if len(node.args) > 1:
        yield changed(node, args=node.args[:-1])


@operator(ast.Call)
def reduced_over_everything(node):
    """x.sum(dim=1, keepdim=True) becomes x.sum()."""
    if len(node.keywords) > 1 and any(keyword.arg in ("dim", "axis") for keyword in node.keywords):
        yield changed(node, keywords=[])


@operator(ast.Attribute)
def extreme_of_everything(node):
    """x.max(dim=1).values becomes x.max()."""
    if node.attr == "values" and isinstance(node.value, ast.Call) and node.value.keywords:
        yield changed(node.value, keywords=[])


@operator(ast.Call)
def range_off_by_one(node):
    if getattr(node.func, "id", getattr(node.func, "attr", "")) in ("range", "arange") and node.args:
        stop = min(1, len(node.args) - 1)
        for other in (ast.Sub(), ast.Add()):
            args = list(node.args)
            args[stop] = ast.BinOp(args[stop], other, ast.Constant(1))
            yield changed(node, args=args)


@operator(ast.Name, ast.Attribute)
def another_name(node):
    field = "id" if isinstance(node, ast.Name) else "attr"
    if isinstance(node.ctx, ast.Load) and (other := NAMES.get(getattr(node, field))):
        yield changed(node, **{field: other})


@operator(ast.Attribute)
def transpose_dropped(node):
    if node.attr in TRANSPOSES:
        yield node.value


@operator(ast.Tuple)
def items_swapped(node):
    if any(isinstance(item, ast.Slice) for item in node.elts):
        return
    for k in range(len(node.elts) - 1):
        yield changed(node, elts=[*node.elts[:k], node.elts[k + 1], node.elts[k], *node.elts[k + 2 :]])


@operator(ast.Slice)
def slice_moved(node):
    for name in ("lower", "upper"):
        bound = getattr(node, name)
        if bound is not None:
            yield changed(node, **{name: None})
            yield changed(node, **{name: ast.BinOp(deepcopy(bound), ast.Add(), ast.Constant(1))})
            yield changed(node, **{name: ast.BinOp(deepcopy(bound), ast.Sub(), ast.Constant(1))})


@operator(ast.IfExp)
def branch_taken(node):
    yield node.body
    yield node.orelse


@operator(ast.If)
def condition_fixed(node):
    """The text of an `if` is replaced at its condition only: see `mutants`."""
    yield ast.Constant(True)
    yield ast.Constant(False)


@operator(ast.AugAssign)
def another_update(node):
    if type(node.op) in ARITHMETIC:
        yield changed(node, op=ARITHMETIC[type(node.op)]())
    yield ast.Assign([node.target], node.value, lineno=node.lineno)


@operator(ast.AugAssign, ast.Expr, ast.Raise, ast.Break, ast.Continue, ast.Delete)
def statement_dropped(node):
    yield None


@operator(ast.Assign)
def assignment_dropped(node):
    """Where the name, or the thing assigned into, is used on the right: it has a value already."""
    target = node.targets[0]
    again = isinstance(target, ast.Name) and any(
        isinstance(part, ast.Name) and part.id == target.id for part in ast.walk(node.value)
    )
    if again or isinstance(target, ast.Subscript):
        yield None


@operator(ast.Return)
def contract_broken(node):
    """The result is cut from the graph, or comes in another precision."""
    if node.value is None or isinstance(node.value, (ast.Constant, ast.Tuple, ast.List, ast.Dict)):
        return
    for name in ("detach", "float", "double"):
        yield ast.Return(method(node.value, name))


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _is_module(node: ast.expr) -> bool:
    """Whether `node.f(x)` is a function of a module, not a method."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("torch", "math", "F", "nn", "random", "itertools", "np")
