"""Which file of a submission answers which exercise.

The best match wins, and two equally good ones are never decided silently:

1. the path of the exercise, `ch03/softmax.py`, at any depth;
2. its name, `softmax.py`, anywhere;
3. a name that contains it and no other exercise: `softmax (1).py`, `alice_softmax.py`, `Softmax.py`;
4. a notebook that defines its functions: one named like the exercise before any other. A `.py` file
   always comes before a notebook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from dlex.batch.entries import Entry, Unreadable, one_line
from dlex.batch.notebooks import Notebook, read_notebook
from dlex.course import Course, Exercise
from dlex.language import _
from dlex.submission import Source

MAX_NOTEBOOKS = 20


class Rank(IntEnum):
    """How well a file answers an exercise; the lowest wins."""

    PATH = 1
    NAME = 2
    SIMILAR = 3
    NOTEBOOK_BY_NAME = 4
    NOTEBOOK = 5
    ONLY_NAMED = 6  # a notebook with the right name and without the function
    BROKEN = 7


class Candidate(NamedTuple):
    rank: Rank
    path: str
    read: Callable[[], Source]


def named(course: Course, path: str) -> tuple[Rank, list[Exercise]]:
    """The exercises that a path names, and how well: more than one if two chapters share a name."""
    stem = str(PurePosixPath(path).with_suffix("")) if path else ""
    exact = [e for e in course.exercises if f"/{stem}".endswith(f"/{e.id}")]
    if exact:
        return Rank.PATH, exact
    name = PurePosixPath(stem).name
    same = [e for e in course.exercises if e.name == name]
    return (Rank.NAME, same) if same else (Rank.SIMILAR, _similar(course, name))


def _similar(course: Course, name: str) -> list[Exercise]:
    """The one exercise whose name is a part of `name`: of two, the one that contains the other."""
    words = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    found = [e for e in course.exercises if f"_{e.name}_" in f"_{words}_"]
    longest = [e for e in found if not any(e.name in other.name for other in found if other is not e)]
    return longest if len(longest) == 1 else []


def may_answer(course: Course) -> Callable[[str], bool]:
    """Tells of a path whether its file may be an answer: no other file is ever read."""

    def wanted(path: str) -> bool:
        suffix = PurePosixPath(path).suffix.lower()
        return suffix == ".ipynb" or (suffix == ".py" and bool(named(course, path)[1]))

    return wanted


def match(course: Course, exercises: list[Exercise], entries: list[Entry]) -> dict[str, Source]:
    """The source for each exercise, by id: the best file, or why there is none.

    Raises Unreadable if there are too many notebooks.
    """
    found: dict[str, list[Candidate]] = {exercise.id: [] for exercise in exercises}
    for entry in entries:
        if entry.read and entry.suffix == ".py":
            rank, answered = named(course, entry.path)
            for exercise in answered:
                if exercise.id in found:
                    found[exercise.id].append(_by_path(rank, entry, answered))
    wanting = [exercise for exercise in exercises if not found[exercise.id]]
    for exercise, candidate in _in_notebooks(course, wanting, entries):
        found[exercise.id].append(candidate)
    return {exercise.id: _best(exercise, found[exercise.id], entries) for exercise in exercises}


def _by_path(rank: Rank, entry: Entry, answered: list[Exercise]) -> Candidate:
    if len(answered) == 1:
        return Candidate(rank, entry.path, entry.read)
    ids = _(" or ").join(exercise.id for exercise in answered)
    problem = _("{path} may answer {ids}: put it into a folder with the name of the chapter")
    problem = problem.format(path=entry.path, ids=ids)
    return Candidate(rank, entry.path, lambda: Source(entry.path, None, problem))


def _in_notebooks(
    course: Course, exercises: list[Exercise], entries: list[Entry]
) -> Iterable[tuple[Exercise, Candidate]]:
    notebooks = [entry for entry in entries if entry.read and entry.suffix == ".ipynb"] if exercises else []
    if len(notebooks) > MAX_NOTEBOOKS:
        told = _("it holds more than {most} notebooks: hand in the one with your answers")
        raise Unreadable(told.format(most=MAX_NOTEBOOKS))
    for entry in notebooks:
        notebook = open_notebook(entry)
        names = [exercise.id for exercise in named(course, entry.path)[1]]
        for exercise in exercises:
            rank = _notebook_rank(notebook, exercise, exercise.id in names)
            if rank:
                source = notebook_source(entry.path, notebook, exercise)
                yield exercise, Candidate(rank, entry.path, lambda source=source: source)


@lru_cache(maxsize=1)  # one that was handed in by itself is asked for twice
def open_notebook(entry: Entry) -> Notebook:
    """Read the notebook of an entry; its `problem` says if there is none to be read."""
    source = entry.read()
    if source.content is None:
        return Notebook(problem=source.problem)
    return read_notebook(entry.path, source.content)


def _notebook_rank(notebook: Notebook, exercise: Exercise, by_name: bool) -> Rank | None:
    if notebook.problem:
        return Rank.BROKEN
    if notebook.defines.intersection(exercise.functions):
        return Rank.NOTEBOOK_BY_NAME if by_name else Rank.NOTEBOOK
    if notebook.broken_definition(exercise.functions):
        return Rank.NOTEBOOK_BY_NAME if by_name else Rank.BROKEN
    return Rank.ONLY_NAMED if by_name else None


def notebook_source(path: str, notebook: Notebook, exercise: Exercise) -> Source:
    """A notebook as the answer to an exercise."""
    problem = notebook.problem
    others = _same_names(notebook, exercise)
    if not problem and notebook.defined_outside(others).isdisjoint(exercise.functions):
        problem = notebook.broken_definition(exercise.functions)
        problem = f"{path}: {problem}" if problem else ""
    if problem:
        return Source(path, None, problem)
    content = notebook.answering(exercise.functions, exercise.id, others)
    return Source(path, content, note=f"{path}: {notebook.note}" if notebook.note else "")


def _same_names(notebook: Notebook, exercise: Exercise) -> set[int]:
    """The cells that answer other exercises with functions of the same names: none, if the notebook does
    not say which cell answers this one."""
    asked = {other.id: set(other.functions) for other in exercise.course.exercises}
    mine = asked.pop(exercise.id)
    if exercise.id not in notebook.parts:
        return set()
    rivals = notebook.parts.keys() & {id for id, functions in asked.items() if functions & mine}
    return {notebook.parts[id].answer for id in rivals}


def _best(exercise: Exercise, candidates: list[Candidate], entries: list[Entry]) -> Source:
    if not candidates:
        return Source(f"{exercise.id}.py", None, _missing(exercise, entries), missing=True)
    rank = min(candidate.rank for candidate in candidates)
    best = [candidate for candidate in candidates if candidate.rank == rank]
    if len(best) > 1:
        return Source(best[0].path, None, _undecided(exercise, [candidate.path for candidate in best]))
    return tidy(best[0].read(), best[0].path)


def tidy(source: Source, path: str) -> Source:
    """A source under its path in the submission, with a problem that is harmless to print."""
    return msgspec.structs.replace(source, file=path, problem=one_line(source.problem, 400), missing=False)


def _undecided(exercise: Exercise, paths: list[str]) -> str:
    if len(set(paths)) == 1:
        told = _("{path} was handed in {count} times in one archive: hand in one of them")
        return told.format(path=paths[0], count=len(paths))
    told = _("{first} and {second} may both answer {id}: hand in one of them")
    if len(paths) > 2:
        told = _("{first} and {second} and {more} more may both answer {id}: hand in one of them")
    return told.format(first=paths[0], second=paths[1], more=len(paths) - 2, id=exercise.id)


def _missing(exercise: Exercise, entries: list[Entry]) -> str:
    if not entries:
        return _("there is no {id}.py: nothing was handed in").format(id=exercise.id)
    told = _("there is no {id}.py; handed in: {names}")
    if len(entries) > 3:
        told = _("there is no {id}.py; handed in: {names} and {more} more")
    names = one_line(", ".join(entry.path for entry in entries[:3]))
    return told.format(id=exercise.id, names=names, more=len(entries) - 3)
