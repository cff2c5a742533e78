"""A grader without its hidden checks, and without what only they used. The rest stays as written."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dlex.errors import CourseError
from dlex.release.find import Function, hidden_checks, parse
from dlex.release.splice import Edit, Source, edited, removals

IMPORT = ast.Import | ast.ImportFrom


@dataclass
class Unit:
    """One statement of a module's top level, with its decorators, or several that share a line.

    `binds` are names that it defines or changes, `uses` those that it needs, wherever in it. Lines
    count from 1; `last` is included.
    """

    nodes: list[ast.stmt]
    first: int
    last: int
    binds: set[str]
    uses: set[str]

    @property
    def is_import(self) -> bool:
        return all(isinstance(node, IMPORT) for node in self.nodes)


@dataclass(frozen=True)
class Cut:
    """The text that is left, and the names of the checks that are not in it any more."""

    text: str
    hidden: list[str]


def without_hidden_checks(text: str, path: Path) -> Cut:
    """Cut the hidden checks out of a grader's text, and helpers, constants and imports used by no
    other. CourseError, with file and line, where that cannot be told from the text."""
    tree = parse(text, path)
    hidden = hidden_checks(tree, path)
    if not hidden:
        return Cut(text, [])
    names = {function.name for function in hidden}
    units = _units(tree, text, path)
    gone = [unit for unit in units if any(node in hidden for node in unit.nodes)]
    reached = names | _closure(units, [name for unit in gone for name in unit.uses])
    others = [unit for unit in units if unit not in gone]
    roots = [unit for unit in others if unit.binds.isdisjoint(reached) or _is_test(unit)]
    needed = _closure(others, [name for unit in roots for name in unit.uses])
    _refuse_uses_of(names, others, needed, roots, path)
    helpers = [unit for unit in others if unit not in roots and not unit.is_import]
    gone += [unit for unit in helpers if unit.binds.isdisjoint(needed)]
    return Cut(_text_of(text, units, gone, reached - needed), [function.name for function in hidden])


def _closure(units: list[Unit], names: Iterable[str]) -> set[str]:
    """These names, and all that the units defining them use, and so on."""
    found, waiting = set(), set(names)
    while waiting:
        found |= waiting
        used = (unit.uses for unit in units if not unit.is_import and unit.binds & waiting)
        waiting = set().union(*used) - found
    return found


def _is_test(unit: Unit) -> bool:
    """Whether pytest, the contract or a picture's decorator collects it: it is there for its own sake."""
    return any(
        (isinstance(node, Function | ast.ClassDef) and node.name.lower().startswith("test"))
        or (isinstance(node, Function) and any(_calls(each, "picture") for each in node.decorator_list))
        or (isinstance(node, ast.Assign | ast.AnnAssign) and _calls(node, "Contract"))
        for node in unit.nodes
    )


def _calls(node: ast.AST, name: str) -> bool:
    called = (call.func for call in ast.walk(node) if isinstance(call, ast.Call))
    return any(getattr(each, "id", getattr(each, "attr", "")) == name for each in called)


def _refuse_uses_of(
    hidden: set[str], others: list[Unit], needed: set[str], roots: list[Unit], path: Path
) -> None:
    for unit in others:
        if (unit in roots or unit.binds & needed) and (used := sorted(unit.uses & hidden)):
            message = f"{path}:{unit.first}: what stays visible uses the hidden check {used[0]}"
            raise CourseError(message, "Move what they share into a function of its own.")


# The units of a file ---------------------------------------------------------------------------


def _units(tree: ast.Module, text: str, path: Path) -> list[Unit]:
    lines = text.split("\n")
    units: list[Unit] = []
    for node in tree.body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        last = _with_comments_inside(node, lines)
        if units and (first <= units[-1].last or _describes(node, units[-1])):
            units[-1].nodes.append(node)
            units[-1].last = max(last, units[-1].last)
        else:
            units.append(Unit([node], first, last, set(), set()))
    for unit in units:
        table = symtable.symtable("\n".join(lines[unit.first - 1 : unit.last]), str(path), "exec")
        unit.uses = set(_used(table))
        unit.binds = set(_bound(table)).union(*(_changed(node) for node in unit.nodes))
    return units


def _with_comments_inside(node: ast.stmt, lines: list[str]) -> int:
    """The last line of a statement; indented comments below it belong to its body."""
    last = node.end_lineno
    for number in range(last, len(lines)):
        if lines[number].strip() and not re.match(r"[ \t]+#", lines[number]):
            break
        if lines[number].strip():
            last = number + 1
    return last


def _describes(node: ast.stmt, unit: Unit) -> bool:
    """Whether a statement is the docstring of the constant before it."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_text and isinstance(unit.nodes[-1], ast.Assign | ast.AnnAssign)


def _used(table: symtable.SymbolTable, top: bool = True) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() if top else symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _used(child, top=False)


def _bound(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            yield symbol.get_name()


def _changed(node: ast.AST) -> Iterator[str]:
    """Names of what a statement changes without binding it: `TABLE[1] = 2`, `TABLE.append(3)`."""
    if isinstance(node, Function | ast.ClassDef | ast.Lambda):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        node = node.value.func
        yield from _base(node) if isinstance(node, ast.Attribute) else ()
    elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield from _base(node)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _changed(child)


def _base(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


# What is left, as text -------------------------------------------------------------------------


def _text_of(text: str, units: list[Unit], gone: list[Unit], unused: set[str]) -> str:
    lines, source = text.split("\n"), Source(text.encode())
    starts = [source.offset(number, 0) for number in range(1, len(lines) + 2)]
    written: list[str] = []
    gaps: list[list[str]] = []
    end = 0
    for unit in units:
        gaps.append(lines[end : unit.first - 1])
        end = unit.last
        edits = None if unit in gone else _import_edits(source, unit, unused)
        if edits is not None:
            kept = edited(source.data, edits, starts[unit.first - 1], starts[unit.last] - 1)
            written += [*_gap(gaps), kept]
            gaps = []
        elif len(gaps) == 1 and not written and unit not in gone:
            written += gaps.pop()  # the head of a file that begins with an import
    tail = [] if gaps else lines[end:]
    return "\n".join([*written, *tail]).rstrip("\n") + "\n"


def _gap(gaps: list[list[str]]) -> list[str]:
    """What stands above a statement, after those before it are gone: as many blank lines as there
    were, and its own comments. Comments above what is gone, or right below it, are gone."""
    blank, own = max(_blank_lines(gap) for gap in gaps), gaps[-1]
    if len(gaps) > 1 and "" in own:
        own = own[own.index("") :]
    return [""] * blank + own[_blank_lines(own) :]


def _blank_lines(gap: list[str]) -> int:
    return next((number for number, line in enumerate(gap) if line.strip()), len(gap))


def _import_edits(source: Source, unit: Unit, unused: set[str]) -> list[Edit] | None:
    """Edits that take unused names out of an import; None if none is left in it."""
    edits: list[Edit] = []
    if not unit.is_import or len(unit.nodes) > 1:
        return edits
    (node,) = unit.nodes
    gone = [(alias.asname or alias.name.split(".")[0]) in unused for alias in node.names]
    return None if all(gone) else removals(source, node.names, gone)
