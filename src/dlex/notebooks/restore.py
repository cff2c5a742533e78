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
from nbgrader.api import Gradebook, Notebook
from nbgrader.preprocessors import NbGraderPreprocessor

from dlex.notebooks.cells import answer_id, exercise_of, grade_id_of, grading


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
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            saved, kernel = _saved(notebook), notebook.kernelspec
        coursedir = self.parent.parent.coursedir
        folder = coursedir.format_path(coursedir.source_directory, ".", about["assignment"])
        saved = _in_order(saved, Path(folder) / f"{about['notebook']}.ipynb")
        nb.cells, notes = restore(nb.cells, saved, self._defines(saved))
        if nb.metadata.dlex.problem or nb.metadata.dlex.missing:
            notes = []  # that says it all
        nb.metadata.dlex.notes = [*nb.metadata.dlex.notes, *notes]
        for note in nb.metadata.dlex.notes:
            self.log.warning("%s: %s", about["student"], note)
        if kernel:
            nb.metadata["kernelspec"] = json.loads(kernel)
        return nb, resources

    def _defines(self, saved: list[Saved]) -> dict[str, re.Pattern]:
        """For the answer cell of each exercise what its code looks like."""
        found = {}
        for cell in saved:
            if (exercise := exercise_of(cell.name)) and (names := self.parent.run.functions(exercise)):
                found[answer_id(exercise)] = re.compile(rf"^def\s+(?:{'|'.join(names)})\b", re.M)
        return found


def restore(
    cells: list[NotebookNode], saved: list[Saved], defines: dict[str, re.Pattern]
) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a submission with those of the assignment restored, and what was done.

    Args:
        saved: the cells of the assignment, in order.
        defines: for the names of answer cells what an answer that lost its mark looks like.
    """
    notes: list[str] = []
    places = _places(cells, saved, defines, notes)
    for cell in cells:
        cell.metadata.pop("nbgrader", None)
    for one in saved:
        if one.name in places:
            place = places[one.name]
            if one.ours and one.locked and cells[place].source != one.source:
                notes.append(f"the cell {one.name} was edited: the original was used")
            cells[place] = _restored(cells[place], one)
    return _with_missing(cells, places, saved, notes), notes


def _places(
    cells: list[NotebookNode], saved: list[Saved], defines: dict[str, re.Pattern], notes: list[str]
) -> dict[str, int]:
    """Which cell of the submission is which of the assignment, by name."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        name = grade_id_of(cell)
        if name and name in places:
            notes.append(f"the cell {name} was there more than once: the last one counts")
        places[name] = place
    places = {one.name: places[one.name] for one in saved if one.name in places}
    for one in saved:
        if one.name not in places and (place := _unmarked(cells, one, places, defines)) is not None:
            places[one.name] = place
            notes.append(f"the cell {one.name} had lost its mark")
    return places


def _unmarked(
    cells: list[NotebookNode], one: Saved, places: dict[str, int], defines: dict[str, re.Pattern]
) -> int | None:
    """The last cell that has the very text of a missing one or, if that is an answer, answers."""
    free = [place for place in range(len(cells)) if place not in places.values()]
    tests: list[Callable[[NotebookNode], object]] = [lambda cell: cell.source == one.source]
    if one.name in defines:
        tests.append(lambda cell: cell.cell_type == "code" and defines[one.name].search(cell.source))
    for test in tests:
        if found := [place for place in free if test(cells[place])]:
            return found[-1]
    return None


def _restored(cell: NotebookNode | None, one: Saved) -> NotebookNode:
    """A cell of the assignment, with the learner's text where that is what counts."""
    text = one.source if cell is None or one.locked else cell.source
    made = v4.new_code_cell(text) if one.kind == "code" else v4.new_markdown_cell(text)
    if cell is not None and "attachments" in cell and one.kind == "markdown" and not one.locked:
        made.attachments = cell.attachments
    made.id = cell.id if cell is not None else f"restored-{one.name}"[:64]
    made.metadata = NotebookNode(deletable=False, **({"editable": False} if one.locked else {}))
    made.metadata["nbgrader"] = NotebookNode(one.metadata["nbgrader"])
    return made


def _with_missing(
    cells: list[NotebookNode], places: dict[str, int], saved: list[Saved], notes: list[str]
) -> list[NotebookNode]:
    """The cells with missing ones behind those that they followed."""
    behind: dict[int, list[NotebookNode]] = {}
    last = -1
    for one in saved:
        if one.name in places:
            last = places[one.name]
        else:
            behind.setdefault(last, []).append(_restored(None, one))
            notes.append(f"the cell {one.name} was missing: the original was used")
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
