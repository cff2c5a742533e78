"""Find and read a course: four content folders with one path stem, and `exercises/course.toml`.

    exercises/ch03/softmax.py   the stub that learners fill in (generated)
    solutions/ch03/softmax.py   statement, signature, worked answer
    reference/ch03/softmax.py   oracle and known mistakes
    graders/ch03/softmax.py     checks

Nothing here imports torch or runs a file of the course.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from dlex import language
from dlex.errors import CourseError, UsageError
from dlex.language import _
from dlex.order import prerequisites

CONTENT = ("exercises", "solutions", "graders", "reference")
BUNDLED = Path(__file__).parent / "_course"
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef
LEVELS = ("full", "counterexample", "diagnosis", "name", "none")


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    """What one submission may use of the machine."""

    check_seconds: float = 10.0
    submission_seconds: float = 60.0
    memory_mb: int = 2048
    output_kb: int = 64


class ByHandGroup(msgspec.Struct, forbid_unknown_fields=True):
    """Kernels, functions and modules that would be the answer, and what to do instead.

    Kernels are ATen operators, as in "softmax.int". Functions are what no kernel stands for, by the
    path under which Python finds them, as in "torch.Tensor.backward".
    """

    instead: str
    kernels: list[str] = []
    functions: list[str] = []
    modules: list[str] = []


class ExerciseEntry(msgspec.Struct, forbid_unknown_fields=True):
    """An exercise as course.toml lists it. `efficiency`: points for operations that do not grow;
    `after`: names or ids of the exercises that it builds on."""

    name: str
    title: str
    functions: list[str]
    hints: list[str] = []
    by_hand: list[str] = []
    efficiency: float = 0
    after: list[str] = []


class ChapterEntry(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    title: str
    exercise: list[ExerciseEntry]


class CourseFile(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    chapter: list[ChapterEntry]
    feedback: str = "counterexample"
    limits: Limits = msgspec.field(default_factory=Limits)
    by_hand: dict[str, ByHandGroup] = {}


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise of a course: its id is its path."""

    course: Course
    chapter: str
    entry: ExerciseEntry

    @property
    def id(self) -> str:
        return f"{self.chapter}/{self.entry.name}"

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def title(self) -> str:
        return self.say(self.entry.title)

    @property
    def hints(self) -> list[str]:
        return [self.say(hint) for hint in self.entry.hints]

    @property
    def functions(self) -> list[str]:
        return self.entry.functions

    def path(self, folder: str) -> Path:
        """Its file in one of the four content folders."""
        return self.course.root / folder / f"{self.id}.py"

    @property
    def after(self) -> list[Exercise]:
        """The exercises that it builds on."""
        return self.course.prerequisites[self.id]

    @property
    def by_hand(self) -> list[ByHandGroup]:
        groups = [self.course.file.by_hand[group] for group in self.entry.by_hand]
        return [msgspec.structs.replace(each, instead=self.course.say(each.instead)) for each in groups]

    def say(self, message: str) -> str:
        """A text of this exercise in the language in use."""
        return self.course.say(message, self.chapter)

    def statement(self) -> str:
        """The statement, in Markdown: the docstring of the stub."""
        path = self.path("exercises")
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if not text:
            raise CourseError(f"{path} has no statement: its module docstring is empty")
        return language.unwrapped(language.translate(text, self.say))

    def stub(self) -> str:
        """What a learner starts from: the stub, its docstrings in the language in use."""
        return self.say_docstrings(self.path("exercises").read_text(encoding="utf-8"))

    def say_docstrings(self, code: str) -> str:
        """Code of this exercise with its docstrings in the language in use."""
        for found in docstrings(code):
            code = code.replace(found, language.translate(found, self.say), 1)
        return code


@dataclass(frozen=True, eq=False)
class Course:
    """A course folder and its list of exercises, in order."""

    root: Path
    file: CourseFile

    @cached_property
    def exercises(self) -> list[Exercise]:
        return [
            Exercise(self, chapter.id, entry) for chapter in self.file.chapter for entry in chapter.exercise
        ]

    @property
    def chapters(self) -> list[ChapterEntry]:
        return [msgspec.structs.replace(each, title=self.say(each.title)) for each in self.file.chapter]

    @property
    def name(self) -> str:
        """The title as it is recorded, in English."""
        return self.file.title

    @property
    def title(self) -> str:
        """The title, in the language in use."""
        return self.say(self.name)

    def say(self, message: str, domain: str = "course") -> str:
        """A text of the course in the language in use; `domain` is a chapter, or what concerns them all."""
        return language.say(message, self.catalogues, domain)

    @property
    def catalogues(self) -> Path:
        """The folder of its translations."""
        return self.root / "exercises" / "locale"

    @cached_property
    def prerequisites(self) -> dict[str, list[Exercise]]:
        """The exercises that each one builds on, by id. CourseError if `after` makes no sense."""
        return prerequisites(self, self.root / "exercises" / "course.toml")

    @cached_property
    def hash(self) -> str:
        """Identifies everything that a grade depends on."""
        digest = hashlib.sha256()
        files = [self.root / "exercises" / "course.toml"]
        files += [exercise.path(folder) for exercise in self.exercises for folder in ("graders", "reference")]
        for path in files:
            digest.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def find(self, target: str) -> list[Exercise]:
        """The exercises that a word on the command line names: a chapter, an id or a short name.

        Raises UsageError, with near names, if there are none.
        """
        wanted = target.strip().strip("/").removesuffix(".py").lower()
        chapter = re.fullmatch(r"(?:ch(?:apter)?)?[\s_-]*0*(\d+)", wanted)
        if chapter:
            wanted = f"ch{int(chapter[1]):02d}"
        head, _slash, tail = wanted.partition("/")
        if tail and (number := re.fullmatch(r"(?:ch)?0*(\d+)", head)):
            wanted = f"ch{int(number[1]):02d}/{tail}"
        found = [e for e in self.exercises if wanted in (e.chapter, e.id, e.name)]
        if not found:
            told = _("no chapter or exercise is called {name}").format(name=repr(target))
            raise UsageError(told, self.near(wanted))
        return found

    def near(self, wanted: str) -> str:
        """What to say of a word that names nothing here: near names, or names by their titles."""
        names = [e.id if "/" in wanted else e.name for e in self.exercises] + [c.id for c in self.chapters]
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
        near = near or [each.name for each in self.exercises if wanted and wanted in each.title.lower()][:3]
        if near:
            return _("Did you mean {names}?").format(names=_(" or ").join(near))
        return _("`dlex list` shows all of them.")


def docstrings(code: str) -> list[str]:
    """The docstrings of a file as they are written, without their quotes.

    >>> docstrings("r'# Softmax'\\n\\ndef softmax(X):\\n    'Rows.'")
    ['# Softmax', 'Rows.']
    """
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, DOCUMENTED) and node.body]
    written = [
        ast.get_source_segment(code, node.body[0]) for node in nodes if ast.get_docstring(node) is not None
    ]
    return [text.lstrip("rR").strip("\"'") for text in written]


def find_course(explicit: str | None = None) -> Course:
    """The course to use: `explicit`, $DLEX_COURSE, the working directory and up, the bundled one."""
    named = explicit or os.environ.get("DLEX_COURSE")
    if named:
        root = Path(named).expanduser().resolve()
        if not _is_course(root):
            raise UsageError(
                _("{folder} is not a course: it has no exercises/course.toml").format(folder=root),
                _("Give the folder that holds exercises/, graders/ and reference/."),
            )
        return read_course(root)
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if _is_course(folder):
            return read_course(folder)
    if _is_course(BUNDLED):
        return read_course(BUNDLED.resolve())
    checkout = Path(__file__).resolve().parents[2]  # an editable installation
    if _is_course(checkout):
        return read_course(checkout)
    raise UsageError(_("no course was found"), _("Give one with --course DIR or $DLEX_COURSE."))


def read_course(root: Path) -> Course:
    """Read and validate `exercises/course.toml`. CourseError says what is wrong with it."""
    path = root / "exercises" / "course.toml"
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=CourseFile)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise CourseError(f"{path}: {error}") from None
    course = Course(root, file)
    _validate(course, path)
    return course


def _is_course(folder: Path) -> bool:
    return (folder / "exercises" / "course.toml").is_file()


def _validate(course: Course, path: Path) -> None:
    if course.file.feedback not in LEVELS:
        raise CourseError(f"{path}: feedback is {course.file.feedback!r}, must be one of {', '.join(LEVELS)}")
    if not course.exercises:
        raise CourseError(f"{path} lists no exercise")
    ids = [exercise.id for exercise in course.exercises]
    for exercise in course.exercises:
        if not re.fullmatch(r"ch\d\d/[a-z][a-z0-9_]*", exercise.id):
            raise CourseError(f"{path}: {exercise.id!r} is no id; write ch03/softmax")
        if ids.count(exercise.id) > 1:
            raise CourseError(f"{path} lists {exercise.id} twice")
        for group in exercise.entry.by_hand:
            if group not in course.file.by_hand:
                raise CourseError(
                    f"{path}: {exercise.id} names the group {group!r}, but there is no [by_hand.{group}]"
                )
    prerequisites(course, path)
