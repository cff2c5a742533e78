"""Which checks of a grader are hidden, by its syntax tree alone: nothing is run, nothing guessed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dlex.errors import CourseError

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse(text: str, path: Path) -> ast.Module:
    """The syntax tree. CourseError if the file is no Python."""
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise CourseError(f"{path}:{line} is no Python: {error}") from None


def hidden_checks(tree: ast.Module, path: Path) -> list[Function]:
    """The functions that `@check(hidden=True)` decorates.

    CourseError, with file and line, where only running the file would tell whether a check is hidden.
    """
    names, modules = _imported(tree)
    decorating: set[int] = set()
    found = []
    for function in _functions(tree):
        calls = [call for call in function.decorator_list if _is_check(_called(call), names, modules)]
        decorating |= {id(call.func) for call in calls}
        if any([_hides(call, path) for call in calls]):
            found.append(function)
    _refuse_other_uses(tree, decorating, names, modules, path)
    for function in found:
        if function not in tree.body:
            message = f"{path}:{function.lineno}: {function.name} is hidden, inside of another block"
            raise CourseError(message, "Move it to the top level of the file: only there it can be cut out.")
    return found


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that stand for dlex's `check`, and names of dlex's modules."""
    names, modules = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            inside = [alias for alias in node.names if alias.name.split(".")[0] == "dlex"]
            modules |= {alias.asname or "dlex" for alias in inside}
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dlex":
            for alias in node.names:
                is_check = alias.name in ("check", "*")
                (names if is_check else modules).add(
                    "check" if alias.name == "*" else alias.asname or alias.name
                )
    return names, modules


def _called(node: ast.expr) -> ast.expr | None:
    return node.func if isinstance(node, ast.Call) else None


def _is_check(node: ast.AST | None, names: set[str], modules: set[str]) -> bool:
    """Whether an expression is `check`, or `grading.check` with any module of dlex before the dot."""
    if isinstance(node, ast.Name):
        return node.id in names
    if not (isinstance(node, ast.Attribute) and node.attr == "check"):
        return False
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in modules


def _hides(call: ast.Call, path: Path) -> bool:
    for keyword in call.keywords:
        literal = isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, bool)
        if keyword.arg is None or (keyword.arg == "hidden" and not literal):
            written = f"**{ast.unparse(keyword.value)}" if keyword.arg is None else ast.unparse(keyword)
            raise CourseError(
                f"{path}:{keyword.value.lineno}: @check({written}) does not say whether the check is hidden",
                "Write hidden=True or hidden=False: `dlex release` reads the file without running it.",
            )
    return any(keyword.arg == "hidden" and keyword.value.value for keyword in call.keywords)


def _refuse_other_uses(tree, decorating: set[int], names: set[str], modules: set[str], path: Path) -> None:
    for node in ast.walk(tree):
        if _is_check(node, names, modules) and id(node) not in decorating:
            raise CourseError(
                f"{path}:{node.lineno}: `check` is used for something else than decorating a function",
                "Write @check(...) above each check: `dlex release` reads the file without running it.",
            )
