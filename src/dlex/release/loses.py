"""A reference that does not name hidden checks: their names go from what its mistakes lose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from dlex.errors import CourseError
from dlex.release.find import parse
from dlex.release.splice import Edit, Source, edited, removals

DISPLAYS = ast.Tuple | ast.List | ast.Set
EMPTY = {ast.Tuple: b"()", ast.List: b"[]", ast.Set: b"set()"}


def without_names(text: str, hidden: set[str], path: Path) -> str:
    """The text of a reference, the names of hidden checks taken out of every `loses=...` and of the
    constants used there. CourseError, with file and line, for a name that is not in a plain list.

    >>> print(without_names('@mistake("…", loses=("a", "b"))\\ndef f(X): ...\\n', {"b"}, Path("f.py")))
    @mistake("…", loses=("a",))
    def f(X): ...
    <BLANKLINE>
    """
    source = Source(text.encode())
    edits, listed = [], set()
    expressions = _declarations(parse(text, path))
    for display in _inside(expressions, DISPLAYS):
        gone = [_is_named(element, hidden) for element in display.elts]
        listed |= {id(element) for element in display.elts}
        if any(gone):
            edits += _edits(source, display, gone)
    for constant in _inside(expressions, ast.Constant):
        if _is_named(constant, hidden) and id(constant) not in listed:
            raise CourseError(
                f"{path}:{constant.lineno} names the hidden check {constant.value!r} outside of a plain list",
                'Write the names as in loses=("worked_example", "any_scores").',
            )
    return edited(source.data, edits)


def _is_named(node: ast.expr, hidden: set[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in hidden


def _declarations(tree: ast.Module) -> list[ast.expr]:
    """Every expression given as `loses`, and the values of the module's constants that it uses."""
    constants: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name) and getattr(node, "value", None) is not None:
                constants.setdefault(target.id, []).append(node.value)
    keywords = (node for node in ast.walk(tree) if isinstance(node, ast.keyword))
    found = [keyword.value for keyword in keywords if keyword.arg == "loses"]
    seen: set[str] = set()
    for expression in found:  # grows meanwhile
        names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} - seen
        found += [value for name in sorted(names) for value in constants.get(name, [])]
        seen |= names
    return found


def _inside(expressions: list[ast.expr], kind: type) -> Iterator:
    """The nodes of a kind in the expressions, each once."""
    nodes = (node for expression in expressions for node in ast.walk(expression))
    return iter({id(node): node for node in nodes if isinstance(node, kind)}.values())


def _edits(source: Source, display: ast.expr, gone: list[bool]) -> list[Edit]:
    if all(gone):
        return [Edit(*source.span(display), EMPTY[type(display)])]
    edits = removals(source, display.elts, gone)
    if isinstance(display, ast.Tuple) and gone.count(False) == 1:
        edits += _comma_of_one(source, display.elts, gone.index(False), edits)
    return edits


def _comma_of_one(source: Source, elements: list[ast.expr], kept: int, edits: list[Edit]) -> list[Edit]:
    """A tuple of one needs a comma: put one where none is left."""
    end = source.span(elements[kept])[1]
    behind = next((edit.end for edit in edits if edit.start == end), end)
    comma = re.match(rb"(\s|#[^\n]*\n)*,", source.data[behind:])
    if comma:
        return []
    if behind == end:
        return [Edit(end, end, b",")]
    edits[:] = [edit._replace(text=b",") if edit.start == end else edit for edit in edits]
    return []
