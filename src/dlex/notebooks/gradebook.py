"""Scores and comments in nbgrader's gradebook, through its own API."""

from __future__ import annotations

import functools

from nbgrader import api
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry


def share_engines() -> None:
    """Let the gradebooks of this process that are on one database share SQLAlchemy's engine.

    nbgrader opens seven of them for each notebook, and with an engine goes every statement that it has
    compiled: a quarter of the time.
    """
    if not hasattr(api.create_engine, "cache_info"):
        api.create_engine = functools.cache(api.create_engine)


def put_score(
    gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str, score: float | None
) -> None:
    """Set what was decided automatically. A person has to look where there is no score, and where a
    person has given one before: that one stays, and counts."""
    grade = _grade(gradebook, cell, notebook, assignment, learner)
    grade.auto_score = score
    grade.needs_manual_grade = score is None or grade.manual_score is not None
    gradebook.db.commit()


def put_comment(
    gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str, comment: str | None
) -> None:
    """Set the automatic comment; a person's stays, and is shown instead."""
    _comment(gradebook, cell, notebook, assignment, learner).auto_comment = comment
    gradebook.db.commit()


def _grade(gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str) -> Grade:
    """The grade of a cell; a new one for a cell that is younger than the submission."""
    try:
        return gradebook.find_grade(cell, notebook, assignment, learner)
    except MissingEntry:
        handed_in = gradebook.find_submission_notebook(notebook, assignment, learner)
        made = Grade(cell_id=gradebook.find_grade_cell(cell, notebook, assignment).id, notebook=handed_in)
        gradebook.db.add(made)
        return made


def _comment(gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str) -> Comment:
    try:
        return gradebook.find_comment(cell, notebook, assignment, learner)
    except MissingEntry:
        handed_in = gradebook.find_submission_notebook(notebook, assignment, learner)
        made = Comment(
            cell_id=gradebook.find_solution_cell(cell, notebook, assignment).id, notebook=handed_in
        )
        gradebook.db.add(made)
        return made
