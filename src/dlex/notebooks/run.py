"""One call of `nbgrader autograde`: what it grades with, and the grading of one notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dlex.batch.matching import notebook_source
from dlex.batch.notebooks import from_texts
from dlex.errors import MachineError
from dlex.notebooks import warm
from dlex.notebooks.settings import Dlex
from dlex.notebooks.verdicts import Verdict, ungraded, verdict
from dlex.results.feedback import for_learner
from dlex.results.formats.harmless import harmless
from dlex.submission import Source, Submission


@dataclass(frozen=True)
class Handed:
    """A notebook that was handed in: its file, or why there is none; what to know about it."""

    path: Path | None
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    missing: bool = False


class Run:
    """The course, the exercises of the assignment and the pool that grades them.

    Raises:
        DlexError: there is no such course, it is broken, or the machine lacks something.
    """

    def __init__(self, settings: Dlex, exercises: list[str]):
        self.course = settings.read_course()
        self._by_id = {exercise.id: exercise for exercise in self.course.exercises}
        known = [id for id in exercises if id in self._by_id]
        self._pool = warm.grader(self.course, known, settings.seed, settings.isolation) if known else None

    def functions(self, exercise: str) -> list[str]:
        """The functions that an exercise asks for; none, if the course does not have it."""
        return self._by_id[exercise].functions if exercise in self._by_id else []

    def grade(self, learner: str, file: str, cells: list[str], exercises: list[str]) -> dict[str, Verdict]:
        """Grade one notebook.

        Args:
            file: what the learner knows it as.
            cells: the texts of all code cells in order, "" for those that are not to be run.
            exercises: ids of what the notebook is to answer.

        Returns:
            A verdict for each exercise. Nothing that a learner hands in makes this raise.
        """
        notebook = from_texts(file, cells)
        sources = {}
        for id in self._by_id:
            if id not in exercises:
                sources[id] = Source(file, None, "it is not in this notebook", missing=True)
            else:
                sources[id] = notebook_source(file, notebook, self._by_id[id])
        known = [id for id in exercises if id in self._by_id]
        found = {id: ungraded(f"the course has no exercise {id}") for id in exercises if id not in known}
        return found | (self._graded(learner, sources, known) if known else {})

    def _graded(self, learner: str, sources: dict[str, Source], exercises: list[str]) -> dict[str, Verdict]:
        try:
            result = self._pool.grade_one(Submission(learner, sources))
        except MachineError as error:
            return {id: ungraded(error.message) for id in exercises}
        result = for_learner(harmless(result))
        return {exercise.id: verdict(exercise) for exercise in result.exercises if exercise.id in exercises}
