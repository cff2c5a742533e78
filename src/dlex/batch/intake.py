"""From what was handed in to submissions: which there are, whose they are, and their bytes.

`hand_ins` lists; `read` reads one, when its turn comes: a class never is in memory at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from dlex.batch.archives import is_archive, unpack
from dlex.batch.entries import Entry, Unreadable, leftover, one_line, without_course
from dlex.batch.folders import walk
from dlex.batch.matching import match, may_answer, named, notebook_source, open_notebook, tidy
from dlex.batch.names import Label, key, label, learner_id
from dlex.batch.roster import Roster
from dlex.course import Course, Exercise
from dlex.errors import UsageError
from dlex.language import _
from dlex.submission import Source, Submission, read_source


class HandIn(msgspec.Struct, frozen=True):
    """What one learner handed in: one path, or several files that a platform named after the learner."""

    name: str
    paths: tuple[Path, ...]
    problem: str = ""

    @property
    def path(self) -> Path:
        return self.paths[0]


class HandIns(msgspec.Struct, frozen=True):
    """All that was handed in, by learner; who handed in nothing; and who is not on the list."""

    found: list[HandIn]
    missing: list[str] = []
    unknown: list[str] = []


class Handed(msgspec.Struct, frozen=True):
    """One submission, read: or the problem, if it could not be read at all.

    `digest` identifies what is graded, the exercises and their bytes, whatever they came in.
    """

    name: str
    path: Path
    submission: Submission | None
    digest: str = ""
    problem: str = ""


def hand_ins(paths: Iterable[Path], root: Path | None = None, roster: Roster | None = None) -> HandIns:
    """Which submissions there are: each of `paths`, and each entry of the folder `root`.

    Raises:
        UsageError: a path does not exist, there is nothing at all, or one learner would have two
            submissions.
    """
    given = {os.path.realpath(path): (path, "") for path in map(_existing, paths)}
    below = {_in_real_folder(path): (path, problem) for path, problem in _entries_of(root)}
    if roster is not None:
        below.pop(os.path.realpath(roster.path), None)
    if not given and not below:
        where = f" in {root}" if root is not None else ""
        raise UsageError(
            f"there is no submission{where}", "Name files or folders, or a folder that holds them: --from DIR"
        )
    found: dict[str, HandIn] = {}
    unknown: list[str] = []
    for real, (path, problem) in (below | given).items():
        told = label(path.name or path.resolve().name)
        learner = roster.find(told.keys) if roster else None
        if roster and learner is None:
            unknown.append(path.name)
        _add(found, HandIn(learner or learner_id(told.learner), (Path(real),), problem), told)
    missing = [] if roster is None else [name for name in roster.learners if key(name) not in found]
    return HandIns(list(found.values()), missing, [one_line(name) for name in unknown])


def read(
    hand_in: HandIn, course: Course, exercises: list[Exercise], exercise: Exercise | None = None
) -> Handed:
    """Read one submission. Nothing that a learner hands in makes this raise.

    Args:
        exercises: those that are graded; each gets a source, or the lack of one.
        exercise: what a single file answers, whatever its name is.
    """
    try:
        if hand_in.problem:
            raise Unreadable(hand_in.problem)
        sources = _sources(hand_in, course, exercises, exercise)
    except Unreadable as error:
        return Handed(hand_in.name, hand_in.path, None, problem=one_line(str(error), 400))
    return Handed(hand_in.name, hand_in.path, Submission(hand_in.name, sources), _digest(sources))


def _existing(path: Path) -> Path:
    if not os.path.lexists(path):
        raise UsageError(f"{path} does not exist", "Name files or folders that were handed in.")
    return path


def _in_real_folder(path: Path) -> str:
    """The path with every link followed but the last one, which may be a learner's."""
    return os.path.join(os.path.realpath(path.parent), path.name)


def _entries_of(root: Path | None) -> list[tuple[Path, str]]:
    """The entries of a folder of submissions, sorted, each with what is wrong with it."""
    if root is None:
        return []
    try:
        entries = sorted(path for path in root.iterdir() if not leftover(path.name))
    except OSError as error:
        raise UsageError(
            f"the folder {root} cannot be read: {error.strerror}", "--from takes a folder with submissions."
        ) from None
    link = "is a link, which may lead to the answers of another learner: hand in the files themselves"
    return [(path, f"{path.name} {link}" if os.path.islink(path) else "") for path in entries]


def _add(found: dict[str, HandIn], new: HandIn, told: Label) -> None:
    """Add a submission. A learner may have several only where a platform uploads file by file."""
    old = found.setdefault(key(new.name), new)
    if old is new:
        return
    if not (told.uploads and label(old.path.name).uploads and old.path.parent == new.path.parent):
        raise UsageError(
            f"{one_line(str(old.path))} and {one_line(str(new.path))} are both of the learner {new.name}",
            "Keep one of them, or say with --ids which learner each one is of.",
        )
    found[key(new.name)] = HandIn(old.name, old.paths + new.paths, old.problem or new.problem)


def _sources(
    hand_in: HandIn, course: Course, exercises: list[Exercise], exercise: Exercise | None
) -> dict[str, Source]:
    if len(hand_in.paths) == 1 and not os.path.isdir(hand_in.path) and not is_archive(hand_in.path.name):
        return _single(hand_in.path, course, exercises, exercise)
    wanted = may_answer(course)
    entries = [entry for path in hand_in.paths for entry in _entries(path, wanted)]
    return match(course, exercises, without_course(entries))


def _entries(path: Path, wanted) -> list[Entry]:
    if os.path.isdir(path):
        return walk(path, wanted)
    if not is_archive(path.name):
        return [_file(path)]
    source = read_source(path, path.parent)
    if source.content is None:
        raise Unreadable(source.problem)
    return unpack(one_line(path.name), source.content, wanted)


def _file(path: Path) -> Entry:
    """A file by itself, under the name that its learner gave it."""
    return Entry(one_line(label(path.name).file), partial(read_source, path, path.parent))


def _single(
    path: Path, course: Course, exercises: list[Exercise], exercise: Exercise | None
) -> dict[str, Source]:
    """One file: a notebook, or the answer that its name tells."""
    entry = _file(path)
    if entry.suffix not in (".py", ".ipynb"):
        told = _(
            "{path} is no submission: hand in a folder, a .py file, a notebook, or a .zip or .tar.gz archive"
        )
        raise Unreadable(told.format(path=entry.path))
    if entry.suffix == ".ipynb":
        notebook = open_notebook(entry)
        if notebook.problem:
            raise Unreadable(notebook.problem)
        if exercise is not None:
            source = notebook_source(entry.path, notebook, exercise)
            return match(course, exercises, [entry]) | {exercise.id: source}
    elif exercise is not None:
        return match(course, exercises, [Entry(entry.path)]) | {exercise.id: tidy(entry.read(), entry.path)}
    elif not named(course, entry.path)[1]:
        told = _("{path} does not say which exercise it answers: name it like the exercise, softmax.py")
        raise Unreadable(told.format(path=entry.path))
    return match(course, exercises, [entry])


def _digest(sources: dict[str, Source]) -> str:
    """SHA-256 over the exercises, in order of their ids, and what each is graded on."""
    digest = hashlib.sha256()
    for exercise, source in sorted(sources.items()):
        graded = source.content if source.content is not None else source.problem.encode()
        kind = "bytes" if source.content is not None else "missing" if source.missing else "problem"
        graded = b"" if kind == "missing" else graded
        digest.update(f"{exercise} {kind} {len(graded)}\n".encode() + graded)
    return digest.hexdigest()
