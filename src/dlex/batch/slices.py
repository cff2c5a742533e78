"""What of a notebook an answer depends on: the statements that define it, and those that these use.

A notebook holds more than answers: trials, plots, training. An answer is not to be lost because the
trial of another one loops, and a trial is not to be run again for every answer. So a statement is kept if
it binds or changes a name that something kept uses; it is a guess only about calls, which may change what
they are given. Whatever could do anything (`exec`, `globals`, `import *`) is kept.
"""

from __future__ import annotations

import ast
import dis
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType

ANYTHING = {"exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "get_ipython", "__import__"}
SHOWS = {"print", "display", "repr", "len", "help", "type", "input"}  # calls that change nothing
PLOTS = {"matplotlib", "seaborn", "plotly", "IPython"}
DEFINITIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
MOST = 200_000  # steps from function to function
GUARD = "with __import__('contextlib').suppress(Exception): "


@dataclass
class Statement:
    """The statements that begin on one line of a cell: `first` to `last`, counted from 1.

    `modules` are the parts of `import torch, matplotlib.pyplot as plt`, by the name that each binds.
    `stores` are names whose value they change in place, `calls_on` names whose methods they call,
    `given` names that a call gets whose result nobody wants; `later` what a function binds or changes
    when it is called. `stubs` are those of the functions they define that nobody has written yet.
    """

    first: int
    last: int
    modules: dict[str, str] = field(default_factory=dict)
    always: bool = False
    guarded: bool = False
    plots: bool = False
    binds: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)
    stubs: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    calls_on: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)


EMPTY = Statement(0, 0)


def statements(code: str) -> list[Statement]:
    """The statements of a cell that compiles, in order."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [_statement(nodes) for nodes in _by_line(ast.parse(code).body)]
    except RecursionError:  # nested deeper than this can look
        return [Statement(1, code.count("\n") + 1, always=True)]


def counting(found: list[Statement], end: int) -> list[Statement]:
    """The statements, those emptied that do not count: stubs of what is written elsewhere, and what is said
    anew from number `end` on of a name that was bound before.

    >>> [one.binds for one in counting(statements("a = 1\\nb = 2\\na = 3\\nc = 4"), end=2)]
    [{'a'}, {'b'}, set(), {'c'}]
    """
    written = set().union(*(one.defines - one.stubs for one in found))
    found = [EMPTY if one.stubs and one.stubs <= written else one for one in found]
    known = set().union(*(one.binds for one in found[:end]))
    return found[:end] + [EMPTY if _too_late(one, known) else one for one in found[end:]]


def _too_late(statement: Statement, known: set[str]) -> bool:
    if statement.modules:
        return statement.binds <= known
    said = statement.binds | statement.stores | statement.told | statement.calls_on | statement.given
    return not known.isdisjoint(said)


def needed(found: list[Statement], functions: Iterable[str]) -> tuple[set[int], set[str]]:
    """The numbers, counted from 0, of the statements that `functions` depend on, and all names needed.

    >>> cell = "import torch\\nimport os\\ndef f(x):\\n    return torch.exp(x)\\nf(os.name)\\ntorch.seed()"
    >>> sorted(needed(statements(cell), ["f"])[0])
    [0, 2, 4]
    """
    changes = _Changes(found)
    wanted: set[str] = set()
    kept: set[int] = set()
    names = list(functions)
    new = {number for number, statement in enumerate(found) if statement.always or changes.too_many}
    while names or new:
        for number in new - kept:
            kept.add(number)
            names += found[number].uses
        name = names.pop() if names else None
        new = changes.of(name) if name not in wanted else set()
        wanted.add(name)
    return kept, wanted


def without(code: str, found: list[Statement], kept: set[int], wanted: set[str]) -> str:
    """A cell with only the statements whose numbers are in `kept`, and what these import of what is wanted;
    every line keeps its number."""
    lines = code.split("\n")
    for number, statement in enumerate(found):
        if number not in kept:
            lines[statement.first - 1 : statement.last] = [""] * (statement.last - statement.first + 1)
        elif len(statement.modules) > 1:
            parts = [text for name, text in statement.modules.items() if name in wanted]
            lines[statement.first - 1 : statement.last] = [f"import {', '.join(parts)}"] + [""] * (
                statement.last - statement.first
            )
        elif statement.guarded:
            lines[statement.first - 1] = GUARD + lines[statement.first - 1].lstrip()
    return "\n".join(lines)


class _Changes:
    """After which statements a name means something else, or has another value.

    `too_many` is set where calls lead to so much that it is not worth finding out.
    """

    def __init__(self, found: list[Statement]):
        self.too_many = False
        self._direct: defaultdict[str, set[int]] = defaultdict(set)
        self._users: defaultdict[str, set[int]] = defaultdict(set)
        modules = set().union(*(statement.imports for statement in found))
        self._constant = modules.union(*(statement.defines for statement in found))
        plotting = set().union(*(statement.imports for statement in found if statement.plots))
        for number, statement in enumerate(found):
            for name in self._effect(statement, plotting):
                self._direct[name].add(number)
            for name in statement.uses if not statement.defines else ():
                self._users[name].add(number)
        self._changers = self._called(found)

    def of(self, name: str | None) -> set[int]:
        """The numbers of the statements that bind or change `name`, or call what does."""
        callers = (self._users[function] for function in self._changers.get(name, ()))
        return self._direct.get(name, set()).union(*callers)

    def _effect(self, statement: Statement, plotting: set[str]) -> set[str]:
        if not statement.uses.isdisjoint(plotting):
            return statement.binds
        touched = (statement.calls_on | statement.given) - self._constant
        return statement.binds | statement.stores | statement.told | touched

    def _called(self, found: list[Statement]) -> dict[str, set[str]]:
        """For each name the functions that change it when they, or what they call, are called."""
        callers: defaultdict[str, set[str]] = defaultdict(set)
        for statement in found:
            for name in statement.uses if statement.defines else ():
                callers[name] |= statement.defines
        changers: defaultdict[str, set[str]] = defaultdict(set)
        steps = 0
        for statement in found:
            reached, waiting = set(), list(statement.defines if statement.later else ())
            while waiting and steps < MOST:
                steps += 1
                function = waiting.pop()
                if function not in reached:
                    reached.add(function)
                    waiting += callers[function]
            steps += len(reached) * len(statement.later)
            for name in statement.later if steps < MOST else ():
                changers[name] |= reached
        self.too_many = steps >= MOST
        return changers


def _by_line(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Statements in groups: those that share a line stay together."""
    group: list[ast.stmt] = []
    for node in body:
        if group and _first(node) > group[-1].end_lineno:
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _first(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def _statement(nodes: list[ast.stmt]) -> Statement:
    made = Statement(_first(nodes[0]), nodes[-1].end_lineno)
    code = compile(ast.Module(nodes, []), "cell", "exec", dont_inherit=True)
    made.binds, made.uses, made.later = _names(code)
    for node in nodes:
        if isinstance(node, ast.Import) and len(nodes) == 1:
            made.modules = {a.asname or a.name.split(".")[0]: ast.unparse(a) for a in node.names}
        elif isinstance(node, DEFINITIONS):
            made.defines.add(node.name)
            made.stubs.update({node.name} if _unwritten(node) else ())
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            made.told |= _receiver(node.value)
            made.guarded = len(nodes) == 1
        _look(node, made, inside=False)
    made.always |= not made.uses.isdisjoint(ANYTHING)
    return made


def _unwritten(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether a function is a stub: all it does is to say so, or nothing."""
    if isinstance(node, ast.ClassDef):
        return False
    nothing = all(isinstance(one, ast.Pass) or _constant(one) for one in node.body)
    return nothing or any(isinstance(one, ast.Raise) and _refuses(one) for one in node.body)


def _constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _refuses(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _names(code: CodeType, top: bool = True) -> tuple[set[str], set[str], set[str]]:
    """Module-level names that a piece of code binds, that it uses, and that its functions bind."""
    binds, uses, later = set(), set(), set()
    stores = ("STORE_GLOBAL", "DELETE_GLOBAL", *(("STORE_NAME", "DELETE_NAME") if top else ()))
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name in stores:
            binds.add(instruction.argval)
        elif name.startswith("LOAD_") and name.endswith(("NAME", "GLOBAL", "GLOBALS")):
            uses.add(instruction.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            bound, used, more = _names(inner, top=False)
            uses |= used
            later |= bound | more
    return binds, uses, later


def _look(node: ast.AST, made: Statement, inside: bool) -> None:
    """Note what a statement changes without binding it; `inside` a function it does so when called."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        _note_import(node, made)
    elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        (made.later if inside else made.stores).update(_root(node))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not inside:
        made.calls_on |= _root(node.func)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not inside:
        made.given |= _given(node.value)
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        _look(child, made, inside or function)


def _note_import(node: ast.Import | ast.ImportFrom, made: Statement) -> None:
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    made.plots |= any(module.split(".")[0] in PLOTS for module in modules)
    for alias in node.names:
        if alias.name == "*":
            made.always = True
        else:
            made.imports.add(alias.asname or alias.name.split(".")[0])


def _root(node: ast.AST) -> set[str]:
    """The name at the beginning of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _receiver(call: ast.Call) -> set[str]:
    return _root(call.func) if isinstance(call.func, ast.Attribute) else set()


def _given(call: ast.Call) -> set[str]:
    """The names that a call gets as arguments, however deep; those that it only calls do not count."""
    if isinstance(call.func, ast.Name) and call.func.id in SHOWS:
        return set()
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    called = {id(node.func) for one in arguments for node in ast.walk(one) if isinstance(node, ast.Call)}
    names = (node for one in arguments for node in ast.walk(one) if isinstance(node, ast.Name))
    return {node.id for node in names if id(node) not in called}
