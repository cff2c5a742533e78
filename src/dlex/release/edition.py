"""The learners' edition: a course folder without solutions and hidden checks."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

import dlex
from dlex.authoring import stale_stubs
from dlex.course import Course, Exercise, read_course
from dlex.errors import CourseError, UsageError
from dlex.release.cut import Cut, without_hidden_checks
from dlex.release.loses import without_names
from dlex.release.packages import constraints

MARKER = ".dlex-edition"
TEMPLATES = Path(dlex.__file__).parent / "templates"
KEPT = ".git"  # what is not ours and stays in an edition that is replaced


class Marker(msgspec.Struct):
    """What says that a folder is an edition: how it came about, and the files written."""

    dlex: str
    course_hash: str
    files: list[str]


@dataclass(frozen=True)
class Released:
    """What `release` wrote: the folder, and how many hidden checks each exercise left behind."""

    folder: Path
    hidden: dict[str, int]


def release(course: Course, folder: Path, *, force: bool = False) -> Released:
    """Write the learners' edition of a course: stubs, visible checks, references with mistakes.

    Written beside `folder` first, loaded and compared with the course, then renamed: a failure
    leaves what was there. An edition that is replaced keeps its `.git`.

    Args:
        force: replace an earlier edition.

    Raises:
        UsageError: the folder holds something else, or an edition without `force`.
        CourseError: a stub is stale, or a hidden check cannot be cut out.
    """
    from dlex.release.verify import verify  # brings torch
    from dlex.translation.catalogues import for_edition

    refuse_edition(course)
    folder = folder.expanduser().resolve()
    _may_write(folder, force)
    require_fresh_stubs(course)
    cuts = {exercise: _cut(exercise) for exercise in course.exercises}
    texts = _texts(course, cuts)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _beside(folder) as new:
        for name, text in texts.items():
            _write(new / name, text)
        edition = read_course(new)
        verify(course, edition)
        for path, content in for_edition(course, edition):
            _write(path, content)
        _write(new / MARKER, _marker(course, new))
        _put_in_place(new, folder)
    return Released(folder, {exercise.id: len(cut.hidden) for exercise, cut in cuts.items()})


def is_edition(folder: Path) -> bool:
    """Whether a folder was written by `release`."""
    return (folder / MARKER).is_file()


def refuse_edition(course: Course) -> None:
    """UsageError for a course that is a learners' edition itself: nothing hidden is left in it."""
    if is_edition(course.root):
        message = f"{course.root} is a learners' edition: it has no hidden checks and no solutions"
        raise UsageError(message, "Give the course it was made from: dlex --course DIR release …")


def require_fresh_stubs(course: Course) -> None:
    """CourseError, naming them, if stubs are not what the solutions give."""
    if stale := stale_stubs(course):
        names = "\n".join(f"  exercises/{exercise.id}.py" for exercise, _text in stale)
        raise CourseError(f"stubs are out of date:\n{names}", "Run: dlex sync")


# What is written -------------------------------------------------------------------------------


def _texts(course: Course, cuts: dict[Exercise, Cut]) -> dict[str, str]:
    """Every text of the edition, by its path in it."""
    texts = {"exercises/course.toml": _read(course.root / "exercises" / "course.toml")}
    for exercise, cut in cuts.items():
        hidden = {name.removeprefix("test_") for name in cut.hidden}
        path = exercise.path("reference")
        texts[f"exercises/{exercise.id}.py"] = _read(exercise.path("exercises"))
        texts[f"graders/{exercise.id}.py"] = cut.text
        texts[f"reference/{exercise.id}.py"] = without_names(_read(path), hidden, path)
    for name, text in texts.items():
        _refuse_mentions(course.root / name, text, {name for cut in cuts.values() for name in cut.hidden})
    first = next(iter(cuts))
    for name in ("README.md", "README.zh.md"):
        readme = _read(TEMPLATES / "edition" / name)
        texts[name] = readme.replace("@TITLE@", course.name).replace("@FIRST@", first.name)
    texts["constraints.txt"] = constraints()
    return texts


def _marker(course: Course, folder: Path) -> str:
    written = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = [MARKER, *(path.relative_to(folder).as_posix() for path in written)]
    marker = Marker(dlex.__version__, course.hash, sorted(names))
    return msgspec.json.format(msgspec.json.encode(marker)).decode() + "\n"


def _cut(exercise: Exercise) -> Cut:
    path = exercise.path("graders")
    return without_hidden_checks(_read(path), path)


def _refuse_mentions(path: Path, text: str, hidden: set[str]) -> None:
    """CourseError if the name of a hidden check's function is still somewhere in a text."""
    visible = set(
        re.findall(r"^(?:async )?def (\w+)", text, re.MULTILINE)
    )  # another exercise's may be called so
    for name in sorted(hidden - visible):
        mention = re.compile(rf"\b{re.escape(name)}\b")
        if line := next((line for line in text.split("\n") if mention.search(line)), None):
            lines = _read(path).split("\n")
            where = f"{path}:{lines.index(line) + 1}" if line in lines else str(path)
            message = f"{where} mentions the hidden check {name}"
            raise CourseError(message, "Say it without the name: learners will read this file.")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"{path} is missing") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8: {error}") from None


# Where it is written ---------------------------------------------------------------------------


def _may_write(folder: Path, force: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not is_edition(folder):
        message = f"{folder} exists and is no learners' edition"
        raise UsageError(message, "Give a folder that does not exist yet: dlex release DIR")
    if not force:
        raise UsageError(f"{folder} is an earlier edition", "Replace it: dlex release DIR --force")
    if strays := _strays(folder):
        more = f" and {len(strays) - 1} more files" if len(strays) > 1 else ""
        message = f"{folder} holds what no edition had: {strays[0]}{more}"
        raise UsageError(message, "Move that elsewhere first: the folder is replaced as a whole.")


def _strays(folder: Path) -> list[str]:
    """Files in an edition that were not written by `release`; Python's caches and `.git` do not count."""
    try:
        ours = set(msgspec.json.decode((folder / MARKER).read_bytes(), type=Marker).files)
    except msgspec.DecodeError:
        raise UsageError(f"{folder / MARKER} is damaged", "Remove the folder yourself.") from None
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        counts = name.parts[0] != KEPT and "__pycache__" not in name.parts
        if counts and name.as_posix() not in ours and (path.is_symlink() or not path.is_dir()):
            found.append(name.as_posix())
    return found


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder next to `folder`; whatever is left of it at the end is removed."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    new = temporary / folder.name
    new.mkdir()
    try:
        yield new
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _put_in_place(new: Path, folder: Path) -> None:
    """Rename; an earlier edition steps aside first, and comes back if that fails."""
    if not folder.exists():
        os.rename(new, folder)
        return
    earlier = new.with_name("earlier")
    os.rename(folder, earlier)
    try:
        if (earlier / KEPT).exists():
            os.rename(earlier / KEPT, new / KEPT)
        os.rename(new, folder)
    except BaseException:
        if (new / KEPT).exists():
            os.rename(new / KEPT, earlier / KEPT)
        os.rename(earlier, folder)
        raise
