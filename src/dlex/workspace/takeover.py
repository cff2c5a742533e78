"""Progress that an earlier dlex kept in `.dlex/progress.json`, taken over into the history once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dlex.errors import UsageError
from dlex.language import _
from dlex.workspace.database import writing
from dlex.workspace.folder import MARKER

FILE = "progress.json"


class _Best(msgspec.Struct):
    score: float
    max_score: float


class _Progress(msgspec.Struct):
    best: dict[str, _Best] = {}
    hints: dict[str, int] = {}


def take_over(workspace: Path) -> None:
    """Add best results and hints seen, then rename the file. UsageError if it is damaged.

    Whoever is killed in between, or comes second, adds nothing twice.
    """
    path = workspace / MARKER / FILE
    if not path.is_file():
        return
    at, progress = _read(path)
    with writing(workspace) as database:
        if not database.execute("SELECT 1 FROM taken_over WHERE file = ?", (FILE,)).fetchone():
            database.execute("INSERT INTO taken_over VALUES (?)", (FILE,))
            for id, best in progress.best.items():
                row = at, id, "graded", best.score, best.max_score, b"[]"
                database.execute("INSERT INTO attempt VALUES (NULL, ?, ?, ?, ?, ?, NULL, ?)", row)
            for id, seen in progress.hints.items():
                rows = [(at, id, str(step)) for step in range(1, seen + 1)]
                database.executemany("INSERT INTO hint VALUES (NULL, ?, ?, ?)", rows)
    try:
        path.replace(path.with_name(f"{FILE}.taken-over"))
    except OSError:
        pass  # somebody was quicker, or it stays: it counts once


def _read(path: Path) -> tuple[str, _Progress]:
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        return at, msgspec.json.decode(path.read_bytes(), type=_Progress)
    except FileNotFoundError:
        return "", _Progress()
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            _("{path} is damaged: {reason}").format(path=path, reason=error),
            _("Delete it: only the record of your progress is in it."),
        ) from None
