"""What authors of a course run: stubs made from solutions, and whether they are fresh."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from dlex.course import CONTENT, Course, CourseFile, Exercise
from dlex.errors import CourseError, UsageError
from dlex.files import write_atomically

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
_REGION = re.compile(rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}\n", re.DOTALL | re.MULTILINE)


def make_stub(solution: str, path: Path) -> str:
    """The stub: the solution with every marked region replaced. CourseError if a marker is off.

    >>> answer = "def f():\\n    # BEGIN SOLUTION\\n    return 1\\n    # END SOLUTION\\n"
    >>> print(make_stub(answer, Path("f.py")))
    def f():
        raise NotImplementedError("write me")
    <BLANKLINE>
    """
    stub, regions = _REGION.subn(r'\1raise NotImplementedError("write me")\n', solution)
    if not regions:
        raise CourseError(f"{path} marks no answer", f"Put it between `{BEGIN}` and `{END}`.")
    if BEGIN in stub or END in stub:
        raise CourseError(f"{path}: `{BEGIN}` and `{END}` do not come in pairs")
    return stub


def sync(course: Course) -> list[Exercise]:
    """Write every stub that is out of date; returns their exercises."""
    stale = stale_stubs(course)
    for exercise, text in stale:
        write_atomically(exercise.path("exercises"), text)
    return [exercise for exercise, _text in stale]


def stale_stub(exercise: Exercise) -> str | None:
    """What the stub should say, if it is missing or says something else; None if it is fresh."""
    source = exercise.path("solutions")
    try:
        wanted = make_stub(source.read_text(encoding="utf-8"), source)
    except FileNotFoundError:
        raise CourseError(f"{exercise.id} has no solution: {source} is missing") from None
    target = exercise.path("exercises")
    fresh = target.is_file() and target.read_text(encoding="utf-8") == wanted
    return None if fresh else wanted


def stale_stubs(course: Course) -> list[tuple[Exercise, str]]:
    """Exercises whose stub is missing or differs from what its solution gives, with that text."""
    found = [(exercise, stale_stub(exercise)) for exercise in course.exercises]
    return [(exercise, wanted) for exercise, wanted in found if wanted is not None]


def new_exercise(course: Course, id: str, title: str = "") -> list[Path]:
    """Write a small exercise that works, to be changed into another, and list it in course.toml.

    Args:
        id: `ch06/my_exercise`; a chapter that is new is added as well.
        title: the name in words; made from the id if left out.

    Returns:
        The four files.

    Raises:
        UsageError: the id does not fit, or there is such an exercise already.
    """
    match = re.fullmatch(r"(ch\d\d)/([a-z][a-z0-9_]*)", id)
    if not match:
        raise UsageError(f"{id!r} is no id", "Write chapter and name, as in ch06/my_exercise.")
    chapter, name = match.groups()
    paths = {folder: course.root / folder / f"{id}.py" for folder in CONTENT}
    taken = [path for path in paths.values() if path.exists()]
    if taken or any(exercise.id == id for exercise in course.exercises):
        raise UsageError(f"there is an exercise {id} already", str(taken[0]) if taken else None)
    title = title or name.replace("_", " ").capitalize()
    toml = course.root / "exercises" / "course.toml"
    listed = _listed(toml, chapter, name, title)
    for folder, text in _first_files(name, title).items():
        write_atomically(paths[folder], text)
    write_atomically(toml, listed)
    return list(paths.values())


def _first_files(name: str, title: str) -> dict[str, str]:
    """The text of the four files."""
    templates = Path(__file__).parent / "templates"
    texts = {
        folder: (templates / f"{folder}.txt").read_text(encoding="utf-8")
        for folder in ("solutions", "reference", "graders")
    }
    texts = {folder: text.replace("NAME", name).replace("TITLE", title) for folder, text in texts.items()}
    return texts | {"exercises": make_stub(texts["solutions"], Path(f"{name}.py"))}


def _listed(path: Path, chapter: str, name: str, title: str) -> str:
    """course.toml with one exercise more, at the end of its chapter; the rest stays as it is."""
    entry = (
        f'\n[[chapter.exercise]]\nname = "{name}"\ntitle = {_quoted(title)}\nfunctions = ["{name}"]\n'
        'hints = ["Over which dimension is the sum taken?"]\n'
    )
    heading = f'\n[[chapter]]\nid = "{chapter}"\ntitle = "Chapter {int(chapter[2:])}"\n'
    blocks = re.split(r"^(?=\[\[chapter\]\])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ids = ["", *(_chapter_id(block) for block in blocks[1:])]
    place = max(number for number, id in enumerate(ids) if id <= chapter)
    body, tail = _without_tail(blocks[place])
    blocks[place] = body + (entry if ids[place] == chapter else heading + entry) + tail
    text = "".join(blocks)
    try:
        msgspec.toml.decode(text, type=CourseFile)
    except msgspec.DecodeError as error:
        message = f"{path}: {chapter}/{name} cannot be added here: {error}"
        raise CourseError(message, "List it by hand.") from None
    return text


def _chapter_id(block: str) -> str:
    found = re.search(r"""^\s*id\s*=\s*["'](\w+)["']""", block, re.MULTILINE)
    return found[1] if found else ""


def _without_tail(block: str) -> tuple[str, str]:
    """A chapter, and the blank lines and comments at its end, which belong to the next one."""
    lines = block.splitlines(keepends=True)
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    body = "".join(lines[:end])
    return body if body.endswith("\n") else body + "\n", "".join(lines[end:])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
