"""How `nbgrader autograde` reads submissions: whatever was handed in comes to a line in the gradebook."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException

from dlex.batch.entries import one_line
from dlex.errors import DlexError
from dlex.notebooks.cells import exercise_of
from dlex.notebooks.reading import read_submitted
from dlex.notebooks.run import Handed, Run
from dlex.notebooks.settings import Dlex


class SubmissionExporter(NotebookExporter):
    """Reads a submitted notebook, damaged, renamed or missing, and holds what the run grades with.

    Its parent is nbgrader's converter; `run` is there for the preprocessors, whose parent this is.
    """

    def __init__(self, **kw):
        super().__init__(**kw)
        converter = self.parent
        coursedir = converter.coursedir
        try:
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                cells = _grade_cells(gradebook, coursedir.assignment_id)
            self.run = Run(Dlex(parent=self), [id for ids in cells.values() for id in ids])
        except DlexError as error:
            self.log.error(str(error))
            raise NbGraderException(error.message) from None
        self._handed: dict[str, Handed] = {}
        for folder in _folders(coursedir):
            handed = {
                os.path.join(folder, f"{name}.ipynb"): _find(folder, name, list(cells)) for name in cells
            }
            wanted = [path for path in handed if fnmatch.fnmatch(Path(path).stem, coursedir.notebook_id)]
            if wanted:
                self._handed |= handed
                converter.assignments[folder] = wanted

    def from_filename(self, filename: str, resources: dict | None = None, **kw):
        """Read a notebook: as it was handed in, or as nbgrader wrote it in between."""
        handed = self._handed.get(filename)
        if handed is None:
            return super().from_filename(filename, resources=resources, **kw)
        notebook, resources = _read(handed), resources or {}
        resources["metadata"] = {"name": Path(filename).stem, "path": str(Path(filename).parent)}
        return self.from_notebook_node(notebook, resources=resources, **kw)


def _read(handed: Handed) -> NotebookNode:
    cells, problem = read_submitted(handed.path) if handed.path else ([], handed.problem)
    about = NotebookNode(problem=one_line(problem, 400), notes=handed.notes, missing=handed.missing)
    return v4.new_notebook(cells=cells, metadata=NotebookNode(dlex=about))


def _grade_cells(gradebook: Gradebook, assignment: str) -> dict[str, list[str]]:
    """The notebooks of an assignment, each with the exercises that it tests."""
    try:
        notebooks = gradebook.find_assignment(assignment).notebooks
    except MissingEntry:
        return {}  # nbgrader says so
    names = {notebook.name: [cell.name for cell in notebook.grade_cells] for notebook in notebooks}
    return {name: [id for cell in ids if (id := exercise_of(cell))] for name, ids in names.items()}


def _folders(coursedir) -> list[str]:
    """The folders that were handed in for the assignment, those without a notebook included."""
    pattern = coursedir.format_path(
        coursedir.submitted_directory, coursedir.student_id, coursedir.assignment_id
    )
    return sorted(path for path in glob.glob(pattern) if os.path.isdir(path))


def _find(folder: str, name: str, known: list[str]) -> Handed:
    """The file that is notebook `name`: by its name, or the only one that it can be.

    Two that fit equally well are never decided silently.
    """
    path = Path(folder) / f"{name}.ipynb"
    if os.path.lexists(path):
        return Handed(path)
    others = sorted(p for p in Path(folder).glob("*.ipynb") if p.stem not in known)
    if len(known) > 1:
        others = [other for other in others if _similar(other.stem, name)]
    if len(others) == 1:
        return Handed(others[0], notes=[f"{one_line(others[0].name)} was taken for {path.name}"])
    if not others:
        there = ", ".join(one_line(p.name) for p in sorted(Path(folder).iterdir())[:3]) or "nothing"
        return Handed(None, notes=[f"there is no {path.name}; handed in: {there}"], missing=True)
    names = " and ".join(one_line(other.name) for other in others[:2])
    return Handed(None, f"{names} may both be {path.name}: keep one of them")


def _similar(stem: str, name: str) -> bool:
    """Whether a file was once called `name`: "ch3 (1)", "Copy of ch3", "ada_ch3"."""
    words = re.split(r"[^a-z0-9]+", stem.casefold())
    wanted = re.split(r"[^a-z0-9]+", name.casefold())
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words)))
