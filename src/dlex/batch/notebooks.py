"""A notebook as one Python file: its code cells in order, without what only IPython understands.

The format is read with msgspec, not with nbformat: of a hostile file only the few fields below are
taken, typed, whatever else it holds. Nothing is run. Of the file each exercise gets what its answer
depends on: see `dlex.batch.slices`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from dlex.batch import slices
from dlex.batch.entries import one_line
from dlex.language import N_, _
from dlex.notebooks.cells import exercise_answered, test_id
from dlex.submission import MAX_BYTES, line_in_words

TOO_LARGE = N_("the code cells of {name} have more than {most:,} bytes: hand in the code alone")
_GRADE_ID = re.compile(r"[a-zA-Z0-9_\-]{1,128}")
RUNS_ITS_BODY = ("%%time", "%%capture", "%%prun")  # names defined in such a cell stay defined


@dataclass(frozen=True)
class Notebook:
    """What a notebook holds: its code, the names that it defines, and the cells that were left out.

    `codes` maps the number of a code cell, from 1, to its Python, `names` to what it defines; `future` is the
    line of what cells import from `__future__`, which has to come first of all. `broken` maps the number
    of a cell which does not compile to its text and to what is wrong with it. `parts` are those of
    exercises, by id, where the notebook says so. `problem` says why there is nothing to be read.
    """

    codes: dict[int, str] = field(default_factory=dict)
    future: str = ""
    names: dict[int, set[str]] = field(default_factory=dict)
    broken: dict[int, tuple[str, str]] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    problem: str = ""

    @property
    def defines(self) -> set[str]:
        return self.defined_outside(())

    def defined_outside(self, cells: Collection[int]) -> set[str]:
        """The names that are defined in any cells but these."""
        return set().union(*(names for number, names in self.names.items() if number not in cells))

    def answering(
        self, functions: Collection[str], exercise: str = "", others: Collection[int] = ()
    ) -> bytes:
        """One file: what `functions` depend on, cell by cell; all definitions, if it has none of these.

        Args:
            exercise: whose functions these are. What comes after its part does not change them.
            others: numbers of cells that answer another exercise, which asks for functions of the same
                names: their definitions do not count.
        """
        if self.defined_outside(others).isdisjoint(functions):
            functions = self.defined_outside(others)
        numbers = [number for number, cell in self._statements.items() for _statement in cell]
        every = [statement for cell in self._statements.values() for statement in cell]
        every = [
            slices.EMPTY if number in others and not one.defines.isdisjoint(functions) else one
            for number, one in zip(numbers, every, strict=True)
        ]
        part = self.parts.get(exercise)
        end = sum(number <= part.end for number in numbers) if part else len(numbers)
        kept, wanted = slices.needed(slices.counting(every, end), functions)
        first, parts = 0, [self.future] if self.future else []
        for number in sorted(self.codes.keys() | self.broken.keys()):
            if number in self.broken:
                why = self.broken[number][1]
                parts.append(f"# cell {number} was left out, for it does not compile: {why}")
                continue
            cell = self._statements[number]
            inside = {n - first for n in kept if first <= n < first + len(cell)}
            first += len(cell)
            if inside:
                text = slices.without(self.codes[number], cell, inside, wanted)
                parts.append(f"# cell {number}\n{text.rstrip()}")
        return "\n\n".join(parts).encode() + b"\n"

    @cached_property
    def _statements(self) -> dict[int, list[slices.Statement]]:
        return {number: slices.statements(code) for number, code in sorted(self.codes.items())}

    @property
    def note(self) -> str:
        """Which cells were left out and why; "" if none was."""
        cells = [
            _("code cell {number} ({why})").format(number=number, why=why)
            for number, (_text, why) in self.broken.items()
        ]
        told = _("left out, for it does not compile: {cells}")
        if len(cells) > 3:
            told = _("left out, for it does not compile: {cells} and {more} more")
        return told.format(cells=", ".join(cells[:3]), more=len(cells) - 3) if cells else ""

    def broken_definition(self, functions: list[str]) -> str:
        """What is wrong with the cell that was to define one of `functions`; "" if there is none."""
        define = re.compile(rf"^\s*(?:async\s+)?def\s+(?:{'|'.join(map(re.escape, functions))})\b", re.M)
        found = ((number, why) for number, (text, why) in self.broken.items() if define.search(text))
        told = _("code cell {number} does not compile: {why}")
        return next((told.format(number=number, why=why) for number, why in found), "")


class Part(NamedTuple):
    """What of a notebook is about one exercise: the numbers of the code cell that answers it, and of the
    last one before the notebook turns to something else."""

    answer: int
    end: int


class Cell(msgspec.Struct):
    """A cell as it was handed in; nothing about `metadata` and `attachments` is known."""

    cell_type: str = ""
    source: str | list[str] = ""
    input: str | list[str] = ""  # format 3
    metadata: Any = None
    attachments: Any = None

    @property
    def text(self) -> str:
        text = self.source or self.input
        return "".join(text) if isinstance(text, list) else text

    @property
    def grade_id(self) -> str:
        """What nbgrader calls the cell, "" if it has no such name."""
        grading = self.metadata.get("nbgrader") if isinstance(self.metadata, dict) else None
        grade_id = grading.get("grade_id") if isinstance(grading, dict) else None
        return grade_id if isinstance(grade_id, str) and _GRADE_ID.fullmatch(grade_id) else ""


class _Sheet(msgspec.Struct):
    cells: list[Cell] = []


class _File(msgspec.Struct):
    nbformat: int
    cells: list[Cell] = []
    worksheets: list[_Sheet] = []  # format 3


class Damaged(Exception):
    """It is no notebook; the message says what to do."""


def read_cells(name: str, content: bytes) -> list[Cell]:
    """The cells of a notebook of format 3 or 4. Damaged if it is none."""
    try:
        file = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=_File)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        told = _("{name} is no notebook, or a damaged one: save it in Jupyter again")
        raise Damaged(told.format(name=name)) from None
    return file.cells + [cell for sheet in file.worksheets for cell in sheet.cells]


def read_notebook(name: str, content: bytes) -> Notebook:
    """Read a notebook of format 3 or 4; `problem` is set if it is none."""
    try:
        cells = read_cells(name, content)
    except Damaged as damage:
        return Notebook(problem=str(damage))
    texts = [cell.text for cell in cells if cell.cell_type == "code"]
    if not any(text.strip() for text in texts):
        told = _("{name} has no code cell: hand in the notebook that holds your answers")
        return Notebook(problem=told.format(name=name))
    return from_texts(name, texts, parts_of((cell.cell_type, cell.grade_id) for cell in cells))


def parts_of(cells: Iterable[tuple[str, str]]) -> dict[str, Part]:
    """Which code cells belong to which exercise: from its answer to the next cell of anything else.

    Args:
        cells: the type of each cell, and its grade id, "" without one.
    """
    parts: dict[str, Part] = {}
    number, exercise = 0, None
    for kind, name in cells:
        number += kind == "code"
        if answered := exercise_answered(name):
            exercise = answered
            parts[exercise] = Part(number, number)
        elif name and exercise and name != test_id(exercise):
            exercise = None
        if exercise:
            parts[exercise] = parts[exercise]._replace(end=number)
    return parts


def from_texts(name: str, texts: list[str], parts: dict[str, Part] | None = None) -> Notebook:
    """A notebook of these code cells; `parts` as `parts_of` finds them."""
    if sum(map(len, texts)) > MAX_BYTES:
        return Notebook(problem=_(TOO_LARGE).format(name=name, most=MAX_BYTES))
    codes, broken, defined = {}, {}, {}
    future: set[str] = set()
    for number, text in enumerate(texts, 1):
        code = python_of(text)
        names, why = _names(code)
        if why:
            broken[number] = text, why
        else:
            defined[number] = names
            codes[number] = _without_future(code, future)
    joined = "\n\n".join(codes.values())
    if len(joined.encode()) + 20 * len(texts) > MAX_BYTES:
        return Notebook(problem=_(TOO_LARGE).format(name=name, most=MAX_BYTES))
    if why := _names(joined)[1]:  # a late `global`
        told = _("the cells of {name} do not compile together: {why}")
        return Notebook(problem=told.format(name=name, why=why))
    line = f"from __future__ import {', '.join(sorted(future))}" if future else ""
    return Notebook(codes, line, defined, broken, parts or {})


def _without_future(code: str, found: set[str]) -> str:
    """A cell that compiles without its imports from `__future__`; what they name is added to `found`."""
    if "__future__" not in code:
        return code
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            text = ast.get_source_segment(code, node)
            code = code.replace(text, "pass" + "\n" * text.count("\n"), 1)
            found |= {alias.name for alias in node.names}
    return code


def _names(code: str) -> tuple[set[str], str]:
    """The names that a piece of code defines at its top level, and why it does not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "cell", "exec", dont_inherit=True)
            return _defined(ast.parse(code).body), ""
    except SyntaxError as error:
        return set(), one_line(
            f"{line_in_words(error.lineno)}: {error.msg}" if error.lineno else f"{error.msg}"
        )
    except (ValueError, RecursionError, MemoryError):
        return set(), _("it holds characters or nesting that Python does not accept")


def _defined(statements: list[ast.stmt]) -> set[str]:
    """Names of functions and of variables, those in `if`, `with`, `for` and `try` blocks included."""
    names: set[str] = set()
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif not isinstance(node, ast.ClassDef):
            for block in ("body", "orelse", "finalbody"):
                names |= _defined(getattr(node, block, []))
            for handler in getattr(node, "handlers", []):
                names |= _defined(handler.body)
    return names


_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*\[\]]+\?{1,2}\s*;?\s*$|[\w, \t.\[\]]+=\s*[!%])")
_SCAN = re.compile(r"""#.*|\\.|\"{3}|'{3}|["'\[\](){}]""")


def python_of(text: str) -> str:
    r"""The Python of a code cell: magics, shell lines and requests for help become `pass`.

    A line keeps its number. `%%time` and its like go alone; other `%%` magics take their cell along.

    >>> python_of("%matplotlib inline\nx = 7 % 2\n!ls\nx?")
    'pass\nx = 7 % 2\npass\npass'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.lstrip().partition("\n")[0].split()
    if first and first[0].startswith("%%"):
        if first[0] not in RUNS_ITS_BODY:
            return ""
        text = text.replace("%%", "%", 1)
    kept, inside = [], _Inside()
    for line in text.split("\n"):
        if not inside and _MAGIC.match(line):
            kept.append(line[: len(line) - len(line.lstrip())] + "pass")
        else:
            kept.append(line)
            inside.feed(line)
    return "\n".join(kept)


class _Inside:
    """Whether the next line continues a string, brackets or a backslash: there, `%` is Python's own."""

    def __init__(self):
        self._quote, self._depth, self._joined = "", 0, False

    def __bool__(self) -> bool:
        return bool(self._quote or self._depth > 0 or self._joined)

    def feed(self, line: str) -> None:
        at = 0
        while found := _SCAN.search(line, at):
            at = found.end()
            if self._token(found[0]) == "comment":
                break
            if found[0][0] == "#":  # in a string: only the sign itself is read
                at = found.start() + 1
        self._joined = line.endswith("\\")
        if len(self._quote) == 1 and not self._joined:
            self._quote = ""

    def _token(self, token: str) -> str:
        if self._quote:
            if token.startswith(self._quote):
                self._quote = ""
            return "string"
        if token[0] == "#":
            return "comment"
        if token[0] in "\"'":
            self._quote = token
        else:
            self._depth += (token in "([{") - (token in ")]}")
        return "code"
