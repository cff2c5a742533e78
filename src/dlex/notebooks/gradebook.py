"""Scores and comments in nbgrader's gradebook, through its own API."""

from __future__ import annotations

from nbgrader.api import Gradebook


def put_score(
    gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str, score: float | None
) -> None:
    """Set what was decided automatically. A person has to look where there is no score, and where a
    person has given one before: that one stays, and counts."""
    grade = gradebook.find_grade(cell, notebook, assignment, learner)
    grade.auto_score = score
    grade.needs_manual_grade = score is None or grade.manual_score is not None
    gradebook.db.commit()


def put_comment(
    gradebook: Gradebook, cell: str, notebook: str, assignment: str, learner: str, comment: str | None
) -> None:
    """Set the automatic comment; a person's stays, and is shown instead."""
    gradebook.find_comment(cell, notebook, assignment, learner).auto_comment = comment
    gradebook.db.commit()
