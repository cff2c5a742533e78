"""The list of learners: a CSV file as universities and course platforms export it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from dlex.batch.names import key, learner_id, without_suffix
from dlex.errors import UsageError

# The first of these columns that the file has is the learner id
IDS = (
    "id", "learner id", "learner", "student id", "student number", "matriculation number", "id number",
    "username", "user name", "user id", "user", "login", "login id", "sis login id", "sis user id",
    "email", "email address", "e mail", "mail", "identifier", "name", "full name", "student name", "student",
)  # fmt: skip
FILES = ("file", "files", "filename", "file name", "folder", "directory", "submission", "path")
CANVAS = {"sis login id", "sis user id", "root account"}  # only there `ID` is the number in file names


@dataclass(frozen=True)
class Roster:
    """Learner ids, in the order of the file, and the names under which submissions may come."""

    path: Path
    learners: list[str]
    _names: dict[str, set[str]]

    def find(self, names: tuple[str, ...]) -> str | None:
        """The learner that the first known of `names` means. A name that two learners share is unknown."""
        for name in names:
            learners = self._names.get(key(name), set())
            if len(learners) == 1:
                return next(iter(learners))
        return None


def read_roster(path: Path) -> Roster:
    """Read the list of learners. UsageError if it has no column of ids, or an id twice."""
    rows = _rows(path, _text(path))
    header = [_column(cell) for cell in (rows[0][1] if rows else [])]
    column = next((header.index(name) for name in IDS if name in header), None)
    if column is None:
        raise UsageError(
            f"{path} has no column of learner ids, only {', '.join(filter(None, header)) or 'nothing'}",
            "Name one `id`, and one `file` where the names of files or folders differ from the ids.",
        )
    learners: list[str] = []
    lines: dict[str, int] = {}
    names: dict[str, set[str]] = {}
    for line, cells in rows[1:]:
        learner = _learner(path, line, cells, column)
        if key(learner) in lines:
            raise UsageError(
                f"{path} lists {learner} twice, in lines {lines[key(learner)]} and {line}",
                "Delete one of them.",
            )
        lines[key(learner)] = line
        learners.append(learner)
        for name in _names_of(header, cells):
            names.setdefault(key(name), set()).add(learner)
    if not learners:
        raise UsageError(
            f"{path} lists no learner", "Write one line for each below the names of the columns."
        )
    return Roster(path, learners, names)


def _learner(path: Path, line: int, cells: list[str], column: int) -> str:
    value = cells[column].strip() if column < len(cells) else ""
    if not value:
        raise UsageError(f"{path}, line {line}, has no learner id", "Fill it in, or delete the line.")
    return learner_id(value)


def _names_of(header: list[str], cells: list[str]) -> set[str]:
    """All names under which the submission of a row may come."""
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    names = {row[name] for name in IDS if name in row}
    first, last = row.get("first name"), row.get("last name", row.get("surname"))
    if first and last:
        names |= {f"{first} {last}", f"{last} {first}", f"{last}, {first}"}
    for name in FILES:
        if name in row:
            file = row[name].replace("\\", "/").strip("/").rpartition("/")[2]
            names |= {file, without_suffix(file)}
    if CANVAS.intersection(header) and "id" in row:
        names.add(f"canvas:{row['id']}")
    return names


def _column(cell: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", cell.casefold()).split())


def _rows(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """Line numbers and cells, without empty rows, comments and Canvas' row of possible points."""
    lines = text.splitlines(keepends=True)
    skip = next((n for n, line in enumerate(lines) if line.strip(" ,;\t\r\n") and line[0] != "#"), 0)
    delimiter = ","
    if lines and (told := re.fullmatch(r"sep=(.)\s*", lines[skip])):
        delimiter, skip = told[1], skip + 1
    elif lines:
        delimiter = max(",;\t", key=lambda sign: len(next(csv.reader([lines[skip]], delimiter=sign), [])))
    reader = csv.reader(lines[skip:], delimiter=delimiter)
    try:
        return [(skip + reader.line_num, row) for row in reader if _is_row(row)]
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {skip + reader.line_num}, is no CSV: {error}", "Export it again as CSV, in UTF-8."
        ) from None


def _is_row(row: list[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and not filled[0].startswith("#") and filled[0].casefold() != "points possible"


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", "Give the CSV file that lists the learners."
        ) from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codings = ["utf-16"]
    elif b"\0" in content[:2]:
        codings = ["utf-16-be" if content[:1] == b"\0" else "utf-16-le"]
    else:
        codings = ["utf-8-sig", "cp1252", "latin-1"]
    for coding in codings:
        try:
            return content.decode(coding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path} is no text", "Export it again as CSV, in UTF-8.")
