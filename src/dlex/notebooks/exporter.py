"""How `nbgrader autograde` reads submissions: whatever was handed in comes to a line in the gradebook."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook, MissingEntry, Notebook
from nbgrader.converters.base import NbGraderException

from dlex.batch.entries import one_line
from dlex.errors import DlexError
from dlex.notebooks.cells import exercise_of
from dlex.notebooks.gradebook import share_engines
from dlex.notebooks.reading import read_submitted
from dlex.notebooks.restore import Released, read_released, restore
from dlex.notebooks.run import Handed, Run, work_of
from dlex.notebooks.settings import Dlex


class SubmissionExporter(NotebookExporter):
    """Reads submitted notebooks, damaged, renamed or missing, and has them graded ahead of nbgrader.

    Its parent is nbgrader's converter. The preprocessors, whose parent this is, find here what was
    `released` and the `run` that grades.
    """

    def __init__(self, **kw):
        super().__init__(**kw)
        share_engines()
        converter, coursedir = self.parent, self.parent.coursedir
        names = _exercises(coursedir)
        folders = _folders(coursedir)
        try:
            jobs = min(_processors(), max(len(folders), 1))
            self.run = Run(Dlex(parent=self), [id for ids in names.values() for id in ids], jobs)
        except DlexError as error:
            self.log.error(str(error))
            raise NbGraderException(error.message) from None
        self.released = _released(coursedir, self.run)
        self._handed: dict[str, Handed] = {}
        for folder in folders:
            handed = {
                os.path.join(folder, f"{name}.ipynb"): _find(folder, name, list(names)) for name in names
            }
            wanted = [path for path in handed if fnmatch.fnmatch(Path(path).stem, coursedir.notebook_id)]
            if wanted:
                self._handed |= handed
                converter.assignments[folder] = wanted
        new = [
            path for folder in sorted(converter.assignments) for path in sorted(converter.assignments[folder])
        ]
        self._order = [path for path in new if path in self._handed and not self._skipped(path)]
        self._started, self._ahead = 0, 2 * jobs

    def from_filename(self, filename: str, resources: dict | None = None, **kw):
        """Read a notebook: as it was handed in, or as nbgrader wrote it in between."""
        handed = self._handed.get(filename)
        if handed is None:
            return super().from_filename(filename, resources=resources, **kw)
        self._look_ahead(filename)
        notebook, resources = _read(handed), resources or {}
        resources["metadata"] = {"name": Path(filename).stem, "path": str(Path(filename).parent)}
        return self.from_notebook_node(notebook, resources=resources, **kw)

    def _about(self, path: str) -> dict[str, str]:
        """Whose a submitted notebook is, and which."""
        return self.parent.init_single_notebook_resources(path)["nbgrader"]

    def _skipped(self, path: str) -> bool:
        """Whether nbgrader will pass over a notebook because it has graded it already."""
        coursedir, about = self.parent.coursedir, self._about(path)
        done = coursedir.format_path(coursedir.autograded_directory, about["student"], about["assignment"])
        return os.path.exists(done) and not self.parent.force

    def _look_ahead(self, path: str) -> None:
        """Have this notebook graded, and the next ones while nbgrader is busy with it."""
        if path not in self._order:
            return
        here = self._order.index(path)
        end = min(here + 1 + self._ahead, len(self._order))
        for number in range(max(here, self._started), end):
            self._start(self._order[number])
        self._started = max(self._started, end)

    def _start(self, path: str) -> None:
        about, notebook = self._about(path), _read(self._handed[path])
        if not notebook.metadata.dlex.problem:
            cells, _notes = restore(notebook.cells, self.released[about["notebook"]])
            self.run.start(work_of(about["student"], about["notebook"], cells))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(handed: Handed) -> NotebookNode:
    cells, problem = read_submitted(handed.path) if handed.path else ([], handed.problem)
    about = NotebookNode(problem=one_line(problem, 400), notes=handed.notes, missing=handed.missing)
    return v4.new_notebook(cells=cells, metadata=NotebookNode(dlex=about))


def _exercises(coursedir) -> dict[str, list[str]]:
    """The notebooks of the assignment, each with the exercises that it tests."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        names = {
            one.name: [cell.name for cell in one.grade_cells] for one in _notebooks(gradebook, coursedir)
        }
    return {name: [id for cell in ids if (id := exercise_of(cell))] for name, ids in names.items()}


def _released(coursedir, run: Run) -> dict[str, Released]:
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", coursedir.assignment_id))
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        return {
            one.name: read_released(one, folder / f"{one.name}.ipynb", run.functions)
            for one in _notebooks(gradebook, coursedir)
        }


def _notebooks(gradebook: Gradebook, coursedir) -> list[Notebook]:
    try:
        return gradebook.find_assignment(coursedir.assignment_id).notebooks
    except MissingEntry:
        return []  # nbgrader says so


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
