"""`dlex update`: new and changed stubs come into a workspace; what the learner wrote stays.

    given    yours          the course's      what happens
    none     none           new               written: an exercise that is new
    given    none           any               nothing: it was deleted, and comes back if asked for
    given    as given       changed           replaced
    given    changed        as given          nothing
    given    changed        changed           merged, or, in one place, the course's laid beside
    none     an answer      any               recognised, or the course's is laid beside

A file of the learner's is written to in one step or not at all, before what was given is noted: an
update that was killed is made good by the next one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dlex.course import Course
from dlex.errors import UsageError
from dlex.language import _
from dlex.submission import read_source
from dlex.workspace.folder import MARKER
from dlex.workspace.given import Given, given_files, put
from dlex.workspace.merge import like, merged, stems_from, with_newlines

State = Literal[
    "same", "new", "restored", "replaced", "merged", "conflict", "unknown", "waiting", "deleted", "strange",
    "gone",
]  # fmt: skip
NEED_YOU = ("conflict", "unknown", "waiting", "strange")
BESIDE = ".new"
TRIES = 5


@dataclass(frozen=True)
class Change:
    """What became of one file. `detail`: the file laid beside it or kept of it, or why it was left."""

    name: str
    state: State
    detail: str = ""


class _ChangedMeanwhile(Exception):
    """The learner saved the file while it was being updated."""


def update_workspace(workspace: Path, course: Course, restore: Collection[str] = ()) -> list[Change]:
    """Bring a workspace up to date with its course; what became of each file, in the course's order.

    Args:
        restore: ids of exercises that come back even if their files were deleted.

    Raises:
        UsageError: a file cannot be written.
    """
    given = Given(workspace)
    ids = {*given.exercises(), *restore, *(exercise.id for exercise in given.wanted(course))}
    wanted = [exercise for exercise in course.exercises if exercise.id in ids]
    asked = {f"{id}.py" for id in restore}
    changes = [
        _update(_File(workspace, given, name, content, name in asked))
        for name, content in given_files(course, wanted).items()
    ]
    return changes + [
        Change(f"{id}.py", "gone")
        for id in given.exercises()
        if id not in {exercise.id for exercise in course.exercises} and (workspace / f"{id}.py").exists()
    ]


def _update(file: _File) -> Change:
    for _try in range(TRIES):
        try:
            return file.update()
        except _ChangedMeanwhile:
            continue
    raise UsageError(
        _("{name} changes all the time").format(name=file.name), _("Save it, then run: dlex update")
    )


class _File:
    """One file: as it was given, as it is, and as the course has it now."""

    def __init__(self, workspace: Path, given: Given, name: str, theirs: bytes, asked: bool):
        self.name = name
        self._path = workspace / name
        self._workspace = workspace
        self._record = given
        self._given = given.read(name)
        self._theirs = theirs
        self._asked = asked
        self._is_exercise = name.endswith(".py")

    def update(self) -> Change:
        problem, yours = self._read()
        if problem:
            return self._change("strange", problem)
        if yours is None:
            return self._missing()
        text = with_newlines(yours)
        if text == self._theirs:
            return self._note("same")
        if self._given is None:
            return self._of_unknown_origin(yours)
        if self._given == self._theirs:
            return self._still_beside()
        if text == self._given:
            self._replace(yours, like(self._theirs, yours))
            return self._note("replaced")
        return self._merge(yours, text)

    def _read(self) -> tuple[str, bytes | None]:
        """Why the file is none that we would touch, and its content."""
        if self._path.is_symlink() or not self._path.parent.resolve().is_relative_to(
            self._workspace.resolve()
        ):
            return _("it is a link"), None
        source = read_source(self._path, self._workspace)
        return ("" if source.missing else source.problem), source.content

    def _missing(self) -> Change:
        if self._given is not None and not self._asked:
            return self._change("deleted" if self._is_exercise else "same")
        state = "new" if self._given is None else "restored"
        self._replace(None, self._theirs)
        return self._note(state)

    def _of_unknown_origin(self, yours: bytes) -> Change:
        if stems_from(self._theirs, yours):
            return self._note("same")
        if not self._is_exercise:
            return self._change("same")  # an editor's settings, a README: the learner's own
        return self._note("unknown", self._lay_beside())

    def _merge(self, yours: bytes, text: bytes) -> Change:
        both = merged(self._given, text, self._theirs)
        if both is None:
            return self._note("conflict", self._lay_beside())
        if both == text:
            return self._note("same")
        kept = self._workspace / MARKER / "before" / self.name
        put(kept, yours)
        self._replace(yours, like(both, yours))
        return self._note("merged", kept.relative_to(self._workspace).as_posix())

    def _still_beside(self) -> Change:
        """Nothing to do, unless the course's version still lies beside it."""
        beside = self._beside("")
        return self._change("waiting", self._shown(beside)) if beside.is_file() else self._change("same")

    def _lay_beside(self) -> str:
        """Put the course's version beside the learner's, over nothing but an earlier one of ours."""
        for number in ("", *range(2, 100)):
            path = self._beside(number)
            ours = path.is_file() and path.read_bytes() in (self._given, self._theirs)
            if ours or not os.path.lexists(path):
                put(path, self._theirs)
                return self._shown(path)
        raise UsageError(
            _("too many versions lie beside {name}").format(name=self.name),
            _("Delete those that you have read."),
        )

    def _beside(self, number: int | str) -> Path:
        return self._path.with_name(f"{self._path.name}{BESIDE}{number}")

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._workspace).as_posix()

    def _replace(self, yours: bytes | None, new: bytes) -> None:
        """Write the file, unless it is no longer what was read."""
        if self._read() != ("", yours):
            raise _ChangedMeanwhile
        put(self._path, new)

    def _note(self, state: State, detail: str = "") -> Change:
        """The course's version is the one given from now on."""
        self._record.write(self.name, self._theirs)
        return self._change(state, detail)

    def _change(self, state: State, detail: str = "") -> Change:
        return Change(self.name, state, detail)
