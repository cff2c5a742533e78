"""A table of scores: one row per submission, one column per exercise.

With a byte order mark, because without one Excel reads names as Latin-1; read it as "utf-8-sig".
Every text is quoted and no number is. An empty score means: not graded. A 0 is always earned.
"""

from __future__ import annotations

import csv
from pathlib import Path

from dlex.files import atomic
from dlex.results.formats import Results
from dlex.results.formats.words import line
from dlex.results.records import ExerciseResult, SubmissionResult

COLUMNS = ("submission", "status", "reason", "score", "max_score")
FORMULA = tuple("=+-@＝＋－＠")  # what a spreadsheet takes for the beginning of a formula
CELL_LIMIT = 32_000  # Excel allows 32,767 characters


def write(results: Results, out: Path) -> list[Path]:
    """Two passes: one for the columns, one for the rows."""
    path = out / "scores.csv"
    exercises = list(dict.fromkeys(exercise.id for result in results() for exercise in result.exercises))
    with atomic(path, encoding="utf-8-sig") as file:
        table = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        table.writerow([*COLUMNS, *map(plain_cell, exercises)])
        table.writerows(_row(result, exercises) for result in results())
    return [path]


def _row(result: SubmissionResult, exercises: list[str]) -> list[str | int | float | None]:
    scores = {exercise.id: _score(exercise) for exercise in result.exercises}
    about = [plain_cell(result.submission), result.status, plain_cell(result.reason)]
    return [*about, _score(result), _number(result.max_score), *map(scores.get, exercises)]


def _score(graded: SubmissionResult | ExerciseResult) -> int | float | None:
    return None if graded.status == "not_graded" else _number(graded.score)


def _number(value: float) -> int | float:
    """Without the last digits of a sum, and without a decimal point where none is needed."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def plain_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> plain_cell("=1+1"), plain_cell("a\\tb")
    ("'=1+1", 'a b')
    """
    text = line(text, CELL_LIMIT)
    return f"'{text}" if text.startswith(FORMULA) else text
