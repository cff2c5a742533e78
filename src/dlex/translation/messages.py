"""The texts to translate: of the engine, of its command line, of a course."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from dlex.course import Course, Exercise, docstrings
from dlex.language import paragraphs

PACKAGE = Path(__file__).parents[1]
EXTRACTORS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
FROM_CLICK = (
    "Options", "Commands", "Usage:", "Show this message and exit.", "Show the version and exit.",
    "default: {default}", "required", "Aborted!", "Error: {message}", "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}", "Missing argument", "Missing option",
    "Missing command.", "Missing parameter", "No such option {name!r}.", "No such command {name!r}.",
    "Try '{command} {option}' for help.", "Option {name!r} does not take a value.",
    "{value!r} is not a valid {number_type}.", "{value} is not in the range {range}.",
    "{name} {filename!r} does not exist.", "{name} {filename!r} is a file.",
    "{name} {filename!r} is a directory.", "Could not open file {filename!r}: {message}",
    "directory", "file", "path",
)  # fmt: skip
FROM_CLICK_MANY = (
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


@dataclass(frozen=True)
class Message:
    """A text, or the two of one that depends on a number; where it stands; whether it is filled in."""

    id: str | tuple[str, str]
    place: str
    filled_in: bool = False


def of_engine() -> Iterator[Message]:
    """What modules and templates say through `_` and `ngettext`, and commands of themselves."""
    from babel.messages.extract import extract_from_dir

    told = extract_from_dir(PACKAGE, EXTRACTORS, keywords=KEYWORDS)
    for file, _line, id, _comments, _context in sorted(told, key=lambda each: each[:2]):
        yield Message(id, f"src/dlex/{Path(file).as_posix()}", filled_in=True)
    yield from _of_commands()


def of_click() -> Iterator[Message]:
    """What click says."""
    for id in (*FROM_CLICK, *FROM_CLICK_MANY):
        yield Message(id, "click", filled_in=True)


def _of_commands() -> Iterator[Message]:
    from dlex.cli import COMMANDS, is_for_staff, main

    yield from _of_command(main, "src/dlex/cli.py")
    for name, told in COMMANDS.items():
        yield Message(told, "src/dlex/cli.py")
        if not is_for_staff(name):
            module = importlib.import_module(f"dlex.commands.{name}")
            yield from _of_command(module.command, f"src/dlex/commands/{name}.py")


def _of_command(command: click.Command, place: str) -> Iterator[Message]:
    told = [command.help, command.epilog, *(getattr(each, "help", None) for each in command.params)]
    for document in filter(None, told):
        for text in paragraphs(inspect.cleandoc(document)):
            yield Message(text, place)


def of_course(course: Course) -> Iterator[Message]:
    """What does not belong to a chapter: titles, and what to do instead of what is switched off."""
    yield Message(course.name, "exercises/course.toml")
    for chapter in course.file.chapter:
        yield Message(chapter.title, "exercises/course.toml")
    for group in course.file.by_hand.values():
        yield Message(group.instead, "exercises/course.toml")


def of_chapter(course: Course, chapter: str) -> Iterator[Message]:
    """Everything that learners read of the exercises of a chapter."""
    for exercise in course.find(chapter):
        yield from _of_exercise(exercise)


def _of_exercise(exercise: Exercise) -> Iterator[Message]:
    for text in (exercise.entry.title, *exercise.entry.hints):
        yield Message(text, "exercises/course.toml")
    for document in docstrings(_read(exercise, "exercises")):
        yield from _at(exercise, "exercises", paragraphs(document))
    yield from _at(exercise, "graders", _of_checks(ast.parse(_read(exercise, "graders"))))
    yield from _at(exercise, "graders", _said(ast.parse(_read(exercise, "graders"))), filled_in=True)
    yield from _at(exercise, "graders", _of_pictures(exercise))
    yield from _at(exercise, "reference", _of_mistakes(exercise))


def _read(exercise: Exercise, folder: str) -> str:
    return exercise.path(folder).read_text(encoding="utf-8")


def _at(
    exercise: Exercise, folder: str, texts: Iterable[str], *, filled_in: bool = False
) -> Iterator[Message]:
    for text in texts:
        yield Message(text, f"{folder}/{exercise.id}.py", filled_in)


def _of_checks(module: ast.Module) -> Iterator[str]:
    """Titles and hints. A title is the first line of a docstring, without its full stop."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield (ast.get_docstring(node) or node.name[5:].replace("_", " ")).split("\n")[0].rstrip(".")
        if isinstance(node, ast.Call):
            yield from _keywords(node, "hint", "title", "what")


def _said(module: ast.Module) -> Iterator[str]:
    """What a grader says through `_`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
            yield str(ast.literal_eval(node.args[0]))


def _of_mistakes(exercise: Exercise) -> Iterator[str]:
    """Explanations and hints. References are run for them: authors make mistakes by functions, too."""
    from dlex.grading.mistakes import load_reference

    for mistake in load_reference(exercise).mistakes:
        yield from filter(None, (mistake.explanation, mistake.hint))


def _of_pictures(exercise: Exercise) -> Iterator[str]:
    """Titles, and the names of axes and series. Graders are run for them, as references are."""
    from dlex.grading.sketches import sketches

    for sketch in sketches(exercise):
        yield from filter(None, (sketch.title, *sketch.axes, *sketch.series))


def _keywords(call: ast.Call, *names: str) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in names and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            yield str(keyword.value.value)
