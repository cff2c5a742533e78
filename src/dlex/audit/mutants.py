"""Mutants of a solution: its own text, one small change each, inside the marked answer."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from dlex.audit.operators import OPERATORS
from dlex.authoring import BEGIN, END

MOST = 150
_UNTOUCHED = (ast.JoinedStr, ast.Raise)  # what they say is no behaviour that a grader compares


@dataclass(frozen=True)
class Mutation:
    """A changed solution: which operator changed it, at which line, and how that reads."""

    operator: str
    line: int
    source: str
    diff: str


def mutants(source: str) -> list[Mutation]:
    """Every mutant of a solution that compiles, each text once, in the order of the lines.

    >>> [m.diff for m in mutants("# BEGIN SOLUTION\\ny = -x\\n# END SOLUTION\\n")]
    ['-y = -x\\n+y = x']
    """
    found: dict[str, Mutation] = {}
    tree = ast.parse(source)
    plain = ast.dump(tree)
    for node in _nodes(tree, _answer_lines(source)):
        for function in OPERATORS.get(type(node), []):
            for change in function(node):
                text = _spliced(source, node, change)
                if text is not None and text not in found and ast.dump(ast.parse(text)) != plain:
                    found[text] = Mutation(function.__name__, node.lineno, text, _diff(source, text))
    return sorted(found.values(), key=lambda mutation: mutation.line)


def chosen(mutations: list[Mutation], most: int = MOST) -> list[Mutation]:
    """At most so many of them, spread evenly over the answer."""
    if len(mutations) <= most:
        return mutations
    return [mutations[k * len(mutations) // most] for k in range(most)]


def _answer_lines(source: str) -> set[int]:
    """The numbers of the lines between the markers."""
    inside, lines = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        inside = (inside or BEGIN in line) and END not in line
        if inside:
            lines.add(number)
    return lines


def _nodes(node: ast.AST, lines: set[int]) -> Iterator[ast.AST]:
    """The nodes of the answer that may change: no annotations, no docstrings, no messages."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_text(child):
                continue
            if getattr(child, "lineno", None) in lines:
                yield child
            if not isinstance(child, _UNTOUCHED):
                yield from _nodes(child, lines)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _spliced(source: str, node: ast.AST, change: ast.AST | None) -> str | None:
    """The source with a node's text replaced, in parentheses where it needs them; None if it does
    not compile."""
    target = node.test if isinstance(node, ast.If) else node
    if change is None:
        return _compiling(_replace(source, target, "pass"))
    text = ast.unparse(ast.fix_missing_locations(change))
    bare = _compiling(_replace(source, target, text[1:-1] if isinstance(change, ast.Tuple) else text))
    if not isinstance(change, ast.expr):
        return bare
    wrapped = _compiling(_replace(source, target, f"({text})"))
    if bare is None or (wrapped is not None and ast.dump(ast.parse(bare)) != ast.dump(ast.parse(wrapped))):
        return wrapped
    return bare


def _replace(source: str, node: ast.AST, text: str) -> str:
    """Columns of a syntax tree count bytes."""
    lines = source.encode().splitlines(keepends=True)
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + text.encode() + after).decode()


def _compiling(source: str) -> str | None:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return source


def _diff(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
