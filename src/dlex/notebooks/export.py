"""`nbgrader export`: scores as CSV, everything as JSON. What was not graded has no score; a 0 is earned."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin

from dlex.files import atomic
from dlex.results.formats.csv_table import plain_cell

COLUMNS = (
    "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty "
    "score max_score status reason"
).split()


class CsvExport(ExportPlugin):
    """The columns of nbgrader's own export, and `status`: graded, not graded or missing."""

    def export(self, gradebook: Gradebook) -> None:
        path = Path(self.to or "grades.csv")
        with atomic(path) as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            for assignment, student, submission in _chosen(self, gradebook):
                row = _row(assignment, student, submission)
                table.writerow({k: plain_cell(v) if isinstance(v, str) else v for k, v in row.items()})
        self.log.info("wrote %s", path)


class JsonExport(ExportPlugin):
    """One object per learner and assignment, with every cell and comment."""

    def export(self, gradebook: Gradebook) -> None:
        path = Path(self.to or "grades.json")
        found = [
            _row(assignment, student, submission) | {"notebooks": _notebooks(submission)}
            for assignment, student, submission in _chosen(self, gradebook)
        ]
        with atomic(path) as file:
            json.dump(found, file, indent=2, allow_nan=False)
            file.write("\n")
        self.log.info("wrote %s", path)


def _chosen(
    plugin: ExportPlugin, gradebook: Gradebook
) -> Iterator[tuple[Assignment, Student, SubmittedAssignment | None]]:
    """Every learner with every assignment, those named on the command line only, if there are any."""
    assignments, students = set(map(str, plugin.assignment)), set(map(str, plugin.student))
    for assignment in gradebook.assignments:
        if assignments and assignment.name not in assignments:
            continue
        handed_in = {submission.student_id: submission for submission in assignment.submissions}
        for student in gradebook.students:
            if not students or student.id in students:
                yield assignment, student, handed_in.get(student.id)


def _row(assignment: Assignment, student: Student, submission: SubmittedAssignment | None) -> dict:
    row = {
        "assignment": assignment.name,
        "duedate": _time(assignment.duedate),
        "timestamp": _time(submission.timestamp) if submission else None,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "max_score": assignment.max_score,
    }
    if submission is None:
        return row | {"status": "missing", "reason": "nothing was handed in"}
    lost = [grade.name for notebook in submission.notebooks for grade in notebook.grades if _ungraded(grade)]
    if lost:
        return row | {"status": "not graded", "reason": f"no score yet: {', '.join(sorted(lost))}"}
    penalty = submission.late_submission_penalty or 0.0
    score = max(0.0, submission.score - penalty)
    scores = {"raw_score": submission.score, "late_submission_penalty": penalty, "score": score}
    return row | scores | {"status": "graded"}


def _notebooks(submission: SubmittedAssignment | None) -> list[dict]:
    return [
        {
            "notebook": notebook.name,
            "cells": [_cell(grade) for grade in sorted(notebook.grades, key=lambda grade: grade.name)],
            "comments": {one.name: one.comment for one in notebook.comments if one.comment},
        }
        for notebook in (submission.notebooks if submission else [])
    ]


def _cell(grade) -> dict:
    return {
        "cell": grade.name,
        "score": None if _ungraded(grade) else grade.score,
        "max_score": grade.max_score,
        "auto_score": grade.auto_score,
        "manual_score": grade.manual_score,
        "extra_credit": grade.extra_credit,
        "needs_manual_grade": grade.needs_manual_grade,
    }


def _ungraded(grade) -> bool:
    return grade.auto_score is None and grade.manual_score is None


def _time(moment) -> str | None:
    return moment.isoformat(sep=" ") if moment else None
