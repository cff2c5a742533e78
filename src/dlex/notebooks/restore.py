"""The cells of the assignment as they were released, whatever became of them in a submission.

What is locked, what is graded and for how many points comes from the gradebook alone; a submission only
says what stands in the cells that are its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from nbformat import NotebookNode, v4
from nbgrader.api import Notebook
from nbgrader.preprocessors import NbGraderPreprocessor

from dlex.language import N_, _
from dlex.notebooks.cells import RESTORED, answer_id, exercise_of, grade_id_of, grading
from dlex.notebooks.reading import without_tags

EDITED = N_("edited cells, of which the originals were used")
MISSING = N_("missing cells, of which the originals were used")
DOUBLE = N_("cells that were there more than once, of which the last one counts")
UNMARKED = N_("cells that had lost their marks")


@dataclass(frozen=True)
class Saved:
    """A cell as the gradebook knows it."""

    name: str
    kind: str
    source: str
    locked: bool
    checksum: str | None
    metadata: dict

    @property
    def ours(self) -> bool:
        """Whether dlex made it; others may hold hidden tests, so that every submission differs."""
        return self.name.startswith("dlex-")


class RestoreCells(NbGraderPreprocessor):
    """Deleted, duplicated, unmarked and edited cells are what they were; the kernel is the course's."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        released = self.parent.released[about["notebook"]]
        nb.cells, notes = restore(nb.cells, released)
        if nb.metadata.dlex.problem or nb.metadata.dlex.missing:
            notes = []  # that says it all
        nb.metadata.dlex.notes = [*nb.metadata.dlex.notes, *notes]
        for note in filter(None, [nb.metadata.dlex.problem, *nb.metadata.dlex.notes]):
            self.log.warning("%s: %s", about["student"], note)
        if released.kernel:
            nb.metadata["kernelspec"] = json.loads(released.kernel)
        return nb, resources


@dataclass(frozen=True)
class Released:
    """A notebook of an assignment: its cells in order, the kernel of its author, and what the answers that
    lost their marks look like, by the names of their cells."""

    cells: list[Saved]
    kernel: str | None
    answers: dict[str, re.Pattern]


def read_released(notebook: Notebook, source: Path, functions: Callable[[str], list[str]]) -> Released:
    """What the gradebook knows about a notebook.

    Args:
        source: the instructor's notebook, which tells the order.
        functions: gives those that an exercise asks for.
    """
    cells = _in_order(_saved(notebook), source)
    answers = {}
    for cell in cells:
        if (exercise := exercise_of(cell.name)) and (names := functions(exercise)):
            answers[answer_id(exercise)] = re.compile(rf"^def\s+(?:{'|'.join(names)})\b", re.M)
    return Released(cells, notebook.kernelspec, answers)


def restore(cells: list[NotebookNode], released: Released) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a submission with those of the assignment restored, and what was done."""
    saved = released.cells
    done: dict[str, list[str]] = {}
    places = _places(cells, released, done)
    for cell in cells:
        cell.metadata.pop("nbgrader", None)
    for one in saved:
        if one.name in places:
            place = places[one.name]
            if one.ours and one.locked and not _same(cells[place], one):
                done.setdefault(EDITED, []).append(one.name)
            cells[place] = _restored(cells[place], one)
    cells = _with_missing(cells, places, saved, done)
    return cells, [f"{_(what)}: {', '.join(names)}" for what, names in done.items()]


def _same(cell: NotebookNode, one: Saved) -> bool:
    """Whether a cell says what was released; editors trim what nobody sees."""
    return cell.source.strip() in (one.source.strip(), without_tags(one.source).strip())


def _places(cells: list[NotebookNode], released: Released, done: dict[str, list[str]]) -> dict[str, int]:
    """Which cell of the submission is which of the assignment, by name."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = grade_id_of(cell)
        if name and name in places:
            done.setdefault(DOUBLE, []).append(name)
        places[name] = place
    places = {one.name: places[one.name] for one in released.cells if one.name in places}
    for one in released.cells:
        if one.name in places:
            continue
        if (place := _unmarked(cells, one, places, released.answers.get(one.name))) is not None:
            places[one.name] = place
            done.setdefault(UNMARKED, []).append(one.name)
    return places


def _unmarked(
    cells: list[NotebookNode], one: Saved, places: dict[str, int], answer: re.Pattern | None
) -> int | None:
    """The last cell that has the very text of a missing one or, if that is an answer, answers."""
    free = [place for place in range(len(cells)) if place not in places.values()]
    tests: list[Callable[[NotebookNode], object]] = [lambda cell: _same(cell, one)]
    if answer is not None:
        tests.append(lambda cell: cell.cell_type == "code" and answer.search(cell.source))
    for test in tests:
        if found := [place for place in free if test(cells[place])]:
            return found[-1]
    return None


def _restored(cell: NotebookNode | None, one: Saved) -> NotebookNode:
    """A cell of the assignment, with the learner's text where that is what counts."""
    text = one.source if cell is None or one.locked or _same(cell, one) else cell.source
    made = v4.new_code_cell(text) if one.kind == "code" else v4.new_markdown_cell(text)
    if cell is not None and "attachments" in cell and one.kind == "markdown" and not one.locked:
        made.attachments = cell.attachments
    made.id = cell.id if cell is not None else f"{RESTORED}{one.name}"[:64]
    made.metadata = NotebookNode(deletable=False, **({"editable": False} if one.locked else {}))
    made.metadata["nbgrader"] = NotebookNode(one.metadata["nbgrader"])
    return made


def _with_missing(
    cells: list[NotebookNode], places: dict[str, int], saved: list[Saved], done: dict[str, list[str]]
) -> list[NotebookNode]:
    """The cells with missing ones behind those that they followed."""
    behind: dict[int, list[NotebookNode]] = {}
    last = -1
    for one in saved:
        if one.name in places:
            last = places[one.name]
        else:
            behind.setdefault(last, []).append(_restored(None, one))
            done.setdefault(MISSING, []).append(one.name)
    result = behind.get(-1, [])
    for place, cell in enumerate(cells):
        result += [cell, *behind.get(place, [])]
    return result


def _saved(notebook: Notebook) -> list[Saved]:
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    graded = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    found = []
    for cell in notebook.source_cells:
        about = grading(
            cell.name,
            grade=cell.name in graded,
            solution=cell.name in solutions,
            locked=bool(cell.locked),
            task=cell.name in tasks,
            points=points.get(cell.name),
        )
        about["nbgrader"] |= {"cell_type": cell.cell_type}
        if cell.checksum:
            about["nbgrader"]["checksum"] = cell.checksum
        found.append(Saved(cell.name, cell.cell_type, cell.source, bool(cell.locked), cell.checksum, about))
    return found


def _in_order(saved: list[Saved], source: Path) -> list[Saved]:
    """In the order of the instructor's notebook; a gradebook keeps none."""
    try:
        names = [grade_id_of(cell) for cell in v4.reads(source.read_text(encoding="utf-8")).cells]
    except (OSError, ValueError, KeyError, AttributeError, msgspec.DecodeError):
        return saved
    order = {name: place for place, name in enumerate(names)}
    return sorted(saved, key=lambda one: order.get(one.name, len(order)))
