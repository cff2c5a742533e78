"""The Gradescope autograder: a zip with two scripts, the course with its hidden checks, and dlex.

Gradescope unpacks it into /autograder/source of an image that learners never get, runs `setup.sh`
once, and `run_autograder` for every submission. The solutions are not in it: no grade needs them.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import dlex
from dlex.course import CONTENT, Course, Exercise
from dlex.errors import CourseError, UsageError
from dlex.release.edition import TEMPLATES, refuse_edition, require_fresh_stubs
from dlex.release.packages import constraints, requirements

SCRIPTS = ("setup.sh", "run_autograder")
PACKAGE = Path(dlex.__file__).resolve().parent
NEEDED = [folder for folder in CONTENT if folder != "solutions"]
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same course gives the same bytes


def bundle(course: Course, path: Path, exercises: Sequence[Exercise] = (), *, force: bool = False) -> Path:
    """Write the autograder to `path`; returns where it lies.

    Args:
        exercises: what an assignment asks for; the whole course if empty.
        force: replace an earlier autograder.

    Raises:
        UsageError: there is such a file, or the course is a learners' edition.
        CourseError: a file is missing, or a stub is stale.
    """
    refuse_edition(course)
    path = path.expanduser().resolve()
    _may_write(path, force)
    if (course.root / "solutions").is_dir():
        require_fresh_stubs(course)
    files = _scripts(exercises) | _course(course) | _engine()
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, files)
    return path


def _may_write(path: Path, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not _is_bundle(path):
        raise UsageError(f"{path} exists and is no autograder", "Give a file that does not exist yet.")
    if not force:
        raise UsageError(f"{path} exists", "Replace it: dlex release --gradescope ZIP --force")


def _is_bundle(path: Path) -> bool:
    if not (path.is_file() and zipfile.is_zipfile(path)):
        return False
    with zipfile.ZipFile(path) as file:
        return set(SCRIPTS) <= set(file.namelist())


# What is in it, by path in the zip -------------------------------------------------------------


def _scripts(exercises: Sequence[Exercise]) -> dict[str, bytes]:
    options = " ".join(f"--exercise {exercise.id}" for exercise in dict.fromkeys(exercises))
    texts = {name: (TEMPLATES / "gradescope" / name).read_text(encoding="utf-8") for name in SCRIPTS}
    texts["run_autograder"] = texts["run_autograder"].replace("@EXERCISES@", options)
    return {name: text.encode() for name, text in texts.items()}


def _course(course: Course) -> dict[str, bytes]:
    paths = [course.root / "exercises" / "course.toml"]
    paths += [exercise.path(folder) for exercise in course.exercises for folder in NEEDED]
    if missing := [path for path in paths if not path.is_file()]:
        raise CourseError(f"{missing[0]} is missing")
    paths += sorted(course.catalogues.rglob("*.mo"))
    return {f"course/{path.relative_to(course.root).as_posix()}": path.read_bytes() for path in paths}


def _engine() -> dict[str, bytes]:
    """dlex itself, as a package that pip builds and installs."""
    ours = (path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*")) if path.is_file())
    wanted = [name for name in ours if not {"__pycache__", "_course"} & set(name.parts)]
    files = {f"engine/dlex/{name.as_posix()}": (PACKAGE / name).read_bytes() for name in wanted}
    project = (TEMPLATES / "gradescope" / "pyproject.txt").read_text(encoding="utf-8")
    project = project.replace("@VERSION@", dlex.__version__)
    project = project.replace("@DEPENDENCIES@", json.dumps(requirements(), indent=4))
    return files | {"engine/pyproject.toml": project.encode(), "constraints.txt": constraints().encode()}


def _write(path: Path, files: dict[str, bytes]) -> None:
    """Write the zip beside `path`, then rename it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o100755 if name in SCRIPTS else 0o100644) << 16
                archive.writestr(entry, content)
        os.chmod(temporary, 0o600)  # hidden checks are in it
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
