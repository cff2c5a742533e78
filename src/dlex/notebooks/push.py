"""Results of `dlex grade` in the gradebook of an nbgrader course, through nbgrader's API."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from traitlets.config.loader import PyFileConfigLoader

from dlex.errors import UsageError
from dlex.notebooks.cells import answer_id, exercise_of, test_id
from dlex.notebooks.gradebook import put_comment, put_score
from dlex.notebooks.settings import CONFIG
from dlex.notebooks.verdicts import Verdict, ungraded, verdict
from dlex.results.feedback import for_learner
from dlex.results.formats.harmless import harmless
from dlex.results.records import ExerciseResult, SubmissionResult

Place = tuple[str, str]  # notebook, assignment
LOCKED = {"cell_type": "code", "locked": True}


def push(results: Iterable[SubmissionResult], folder: Path) -> int:
    """Write results into the gradebook of the nbgrader course in `folder`; how many learners it were.

    An exercise goes to every assignment that tests it; where none does, an assignment of its chapter is
    made. Scores and comments that a person gave stay, and count.

    Raises:
        UsageError: `folder` is no nbgrader course.
    """
    exercises: set[str] = set()
    unread: list[SubmissionResult] = []
    count = 0
    with _open(folder) as gradebook:
        places = _places(gradebook)
        for result in results:
            count += 1
            if not result.exercises:
                unread.append(result)
            for exercise in for_learner(harmless(result)).exercises:
                exercises.add(exercise.id)
                reached = ungraded(exercise.message) if exercise.status == "not_graded" else verdict(exercise)
                if exercise.id not in places:
                    places[exercise.id] = [_make_place(gradebook, exercise)]
                _put(gradebook, exercise.id, places, result.submission, reached)
        for result in unread:  # what could not be read has a line too
            for exercise in exercises:
                _put(
                    gradebook,
                    exercise,
                    places,
                    result.submission,
                    ungraded(harmless(result.reason), handed_in=True),
                )
    return count


def _open(folder: Path) -> Gradebook:
    if not (folder / CONFIG).is_file():
        raise UsageError(
            f"{folder} is no nbgrader course: it has no {CONFIG}", "Make one: dlex nbgrader init DIR"
        )
    from nbgrader.coursedir import CourseDirectory

    config = PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
    coursedir = CourseDirectory(config=config, root=str(folder.resolve()))
    return Gradebook(coursedir.db_url, coursedir.course_id)


def _places(gradebook: Gradebook) -> dict[str, list[Place]]:
    """For each exercise the notebooks that test it."""
    places: dict[str, list[Place]] = {}
    for assignment in gradebook.assignments:
        for notebook in assignment.notebooks:
            for cell in notebook.grade_cells:
                if exercise := exercise_of(cell.name):
                    places.setdefault(exercise, []).append((notebook.name, assignment.name))
    return places


def _make_place(gradebook: Gradebook, exercise: ExerciseResult) -> Place:
    """The cells of an exercise in an assignment of its chapter."""
    name = f"ch{int(exercise.id[2:4])}"
    gradebook.update_or_create_assignment(name)
    try:
        gradebook.find_notebook(name, name)
    except MissingEntry:
        gradebook.add_notebook(name, name)
    test, answer = test_id(exercise.id), answer_id(exercise.id)
    gradebook.update_or_create_grade_cell(test, name, name, max_score=exercise.max_score, cell_type="code")
    gradebook.update_or_create_solution_cell(answer, name, name)
    source = f'import dlex\n\ndlex.check("{exercise.id}")'
    gradebook.update_or_create_source_cell(test, name, name, source=source, **LOCKED)
    gradebook.update_or_create_source_cell(answer, name, name, source="", cell_type="code", locked=False)
    return name, name


def _put(gradebook: Gradebook, exercise: str, places: dict, learner: str, reached: Verdict) -> None:
    gradebook.update_or_create_student(learner)
    for notebook, assignment in places[exercise]:
        gradebook.update_or_create_submission(assignment, learner)
        where = notebook, assignment, learner
        points = gradebook.find_grade_cell(test_id(exercise), notebook, assignment).max_score
        put_score(gradebook, test_id(exercise), *where, reached.score(points))
        put_comment(gradebook, answer_id(exercise), *where, reached.comment)
