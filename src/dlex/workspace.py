"""A learner's folder: the stubs to fill in, and the progress kept beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dlex.course import Course, Exercise
from dlex.errors import UsageError
from dlex.files import write_atomically

MARKER = ".dlex"

README = """# {title}: my answers

Each file holds one exercise. Read it, replace `raise NotImplementedError` with your answer, save.

    dlex check softmax      what is right, what is wrong, and on which smallest input
    dlex show softmax       the statement, set for reading
    dlex hint softmax       a question; then the idea; then the formula
    dlex status             how far you are, and what comes next

`dlex check ch3` checks a chapter, `dlex check` everything. Your own helper functions, loops or
tensor operations: whatever is right earns the points.
"""

GITIGNORE = "__pycache__/\n.dlex/\n"


@dataclass
class Made:
    """What `make_workspace` wrote, and what it found and left alone."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


class Best(msgspec.Struct):
    """The best result so far for one exercise."""

    score: float
    max_score: float


class _Stored(msgspec.Struct):
    best: dict[str, Best] = {}
    hints: dict[str, int] = {}


def make_workspace(folder: Path, course: Course, exercises: list[Exercise]) -> Made:
    """Write the stubs of `exercises` below `folder`. No file that exists is touched."""
    if (folder / "exercises" / "course.toml").exists():
        raise UsageError(
            f"{folder.resolve()} is a course, not a place for answers", "Try: dlex init my-answers"
        )
    texts = {folder / "README.md": README.format(title=course.name), folder / ".gitignore": GITIGNORE}
    for exercise in exercises:
        texts[folder / f"{exercise.id}.py"] = exercise.stub()
    made = Made()
    for path, text in texts.items():
        if path.exists() or path.is_symlink():
            made.kept.append(path)
        else:
            write_atomically(path, text)
            made.written.append(path)
    (folder / MARKER).mkdir(exist_ok=True)
    return made


def find_workspace() -> Path | None:
    """The workspace that the working directory lies in, if it lies in one."""
    here = Path.cwd().resolve()
    return next((folder for folder in (here, *here.parents) if (folder / MARKER).is_dir()), None)


def require_workspace() -> Path:
    """The workspace; UsageError outside of one."""
    folder = find_workspace()
    if folder is None:
        raise UsageError("this folder is no workspace", "Make one: dlex init my-answers")
    return folder


class Progress:
    """Best results and hints seen, in `.dlex/progress.json`. Outside a workspace it is empty and
    forgets."""

    def __init__(self, workspace: Path | None):
        self._path = None if workspace is None else workspace / MARKER / "progress.json"
        self._stored = _Stored()
        if self._path is not None and self._path.is_file():
            try:
                self._stored = msgspec.json.decode(self._path.read_bytes(), type=_Stored)
            except msgspec.DecodeError:
                raise UsageError(
                    f"{self._path} is damaged", "Delete it: only the record of your progress is in it."
                ) from None

    def best(self, exercise: str) -> Best | None:
        return self._stored.best.get(exercise)

    def hints_seen(self, exercise: str) -> int:
        return self._stored.hints.get(exercise, 0)

    def record_hints(self, exercise: str, seen: int) -> None:
        self._stored.hints[exercise] = seen
        self._write()

    def record_scores(self, scores: dict[str, Best]) -> None:
        """Keep each score that is at least as good (in share of its maximum) as the best so far."""
        for exercise, new in scores.items():
            old = self._stored.best.get(exercise)
            if old is None or new.score / new.max_score >= old.score / old.max_score:
                self._stored.best[exercise] = new
        self._write()

    def _write(self) -> None:
        if self._path is not None:
            write_atomically(self._path, msgspec.json.format(msgspec.json.encode(self._stored)).decode())
