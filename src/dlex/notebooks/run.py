"""One call of `nbgrader autograde`: what it grades with, and the grading of one notebook."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode
from nbgrader import utils

from dlex.batch.matching import notebook_source
from dlex.batch.notebooks import Part, from_texts, parts_of
from dlex.errors import MachineError
from dlex.language import _
from dlex.notebooks import warm
from dlex.notebooks.cells import RESTORED, exercise_tested, grade_id_of
from dlex.notebooks.settings import Dlex
from dlex.notebooks.verdicts import Verdict, ungraded, verdict
from dlex.results.feedback import for_learner
from dlex.results.formats.harmless import harmless
from dlex.submission import Source, Submission


class Work(NamedTuple):
    """One notebook to be graded: `file` is what its learner knows it as, `cells` are the texts of all code
    cells in order, "" for those that are not to be run, `exercises` ids of what it is to answer, `parts`
    the part of each exercise that it answers."""

    learner: str
    file: str
    cells: tuple[str, ...]
    exercises: tuple[str, ...]
    parts: tuple[tuple[str, Part], ...]


def work_of(learner: str, name: str, cells: list[NotebookNode]) -> Work:
    """What is to be graded in a notebook whose cells were restored."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    texts = ["" if _is_test(cell) else cell.source for cell in code]
    exercises = [id for cell in code if (id := exercise_tested(cell))]
    parts = parts_of((cell.cell_type, grade_id_of(cell)) for cell in cells)
    own = {id: part for id, part in parts.items() if not code[part.answer - 1].id.startswith(RESTORED)}
    return Work(learner, f"{name}.ipynb", tuple(texts), tuple(exercises), tuple(own.items()))


def _is_test(cell: NotebookNode) -> bool:
    return utils.is_grade(cell) and not utils.is_solution(cell)


@dataclass(frozen=True)
class Handed:
    """A notebook that was handed in: its file, or why there is none; what to know about it."""

    path: Path | None
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    missing: bool = False


class Run:
    """The course, the exercises of the assignment and the pool that grades them.

    Args:
        exercises: ids of what the assignment asks for.
        jobs: notebooks that may be graded at a time.

    Raises:
        DlexError: there is no such course, it is broken, or the machine lacks something.
    """

    def __init__(self, settings: Dlex, exercises: list[str], jobs: int):
        course = settings.read_course() if exercises else None
        self._by_id = {exercise.id: exercise for exercise in course.exercises} if course else {}
        known = [id for id in exercises if id in self._by_id]
        self._pool = None
        if known:
            self._pool = warm.grader(course, known, settings.seed, settings.isolation, jobs)
        self._threads = ThreadPoolExecutor(jobs)
        self._started: dict[Work, Future[dict[str, Verdict]]] = {}

    def functions(self, exercise: str) -> list[str]:
        """The functions that an exercise asks for; none, if the course does not have it."""
        return self._by_id[exercise].functions if exercise in self._by_id else []

    def start(self, work: Work) -> None:
        """Begin with a notebook before anybody asks for it."""
        self._started[work] = self._threads.submit(self._grade, work)

    def grade(self, work: Work) -> dict[str, Verdict]:
        """A verdict for each exercise. Nothing that a learner hands in makes this raise."""
        started = self._started.pop(work, None)
        return started.result() if started else self._grade(work)

    def _grade(self, work: Work) -> dict[str, Verdict]:
        notebook = from_texts(work.file, list(work.cells), dict(work.parts))
        sources = {id: Source(work.file, None, _("not in this notebook"), missing=True) for id in self._by_id}
        known = [id for id in work.exercises if id in self._by_id]
        for id in known:
            sources[id] = notebook_source(work.file, notebook, self._by_id[id])
        told = _("the course has no exercise {id}")
        strangers = {id: told.format(id=id) for id in work.exercises if id not in known}
        found = {id: ungraded(reason) for id, reason in strangers.items()}
        return found | (self._graded(work.learner, sources, known) if known else {})

    def _graded(self, learner: str, sources: dict[str, Source], exercises: list[str]) -> dict[str, Verdict]:
        try:
            result = self._pool.grade_one(Submission(learner, sources))
        except MachineError as error:
            return {id: ungraded(error.message) for id in exercises}
        result = for_learner(harmless(result))
        return {exercise.id: verdict(exercise) for exercise in result.exercises if exercise.id in exercises}
