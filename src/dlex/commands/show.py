"""`dlex show`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from dlex.course import Course, Exercise, find_course
from dlex.errors import UsageError
from dlex.language import _


@click.command("show", short_help="Show what an exercise asks for.")
@click.argument("exercise")
@click.option("--plot", is_flag=True, help="Draw what is expected, what you get and the difference.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="With --plot: write FILE.svg.")
@click.option("--png", type=click.Path(path_type=Path), metavar="FILE", help="With --plot: write FILE.png.")
@click.pass_obj
def command(course: str | None, exercise: str, plot: bool, svg: Path | None, png: Path | None) -> None:
    """Show the statement of EXERCISE, or its pictures.

    Pictures set what your file gives beside what is expected: heat maps, lines over time, the path of
    an optimiser. They need colours and 80 columns to look best. Files need matplotlib.

    \b
    Examples:
      dlex show softmax
      dlex show softmax --plot
      dlex show adam --plot --svg adam.svg
    """
    if (svg or png) and not plot:
        raise UsageError(_("files are written of pictures only"), f"dlex show {exercise} --plot …")
    found = find_course(course)
    if plot:
        _plot(found, exercise, svg, png)
    else:
        _state(found.find(exercise))


def _state(exercises: list[Exercise]) -> None:
    """Print statements."""
    from rich.console import Console

    from dlex.report.folded import FoldedMarkdown

    console = Console()
    for found in exercises:
        console.print(FoldedMarkdown(_mathematics_as_code(found.statement())))
        told = {"id": found.id, "name": found.name}
        console.print("\n" + _("Write your answer in {id}.py").format(**told), highlight=False)
        console.print(_("Check it: dlex check {name}").format(**told), highlight=False)
        if _has_pictures(found):
            console.print(_("See what it does: dlex show {name} --plot").format(**told), highlight=False)


def _mathematics_as_code(statement: str) -> str:
    """LaTeX kept as it is written: a terminal cannot set it, and Markdown would eat its underscores."""
    blocks = re.sub(r"\$\$(.+?)\$\$", r"\n```latex\n\1\n```\n", statement, flags=re.DOTALL)
    return re.sub(r"\$([^$\n]+)\$", r"`\1`", blocks)


# Pictures --------------------------------------------------------------------------------------


def _plot(course: Course, target: str, svg: Path | None, png: Path | None) -> None:
    """Draw in the terminal, or write the files that are named."""
    from dlex.targets import find_sources

    files = [(path, suffix) for path, suffix in ((svg, ".svg"), (png, ".png")) if path is not None]
    for path, suffix in files:
        _may_write(path, suffix)
    sources = {e: source for e, source in find_sources(course, (target,)).items() if _has_pictures(e)}
    if not sources:
        others = _(", ").join(exercise.name for exercise in course.exercises if _has_pictures(exercise))
        message = _("{target} has no pictures").format(target=target)
        raise UsageError(message, _("These have: {names}").format(names=others or "-"))

    from dlex import pictures
    from dlex.files import write_atomically
    from dlex.grading.pictures import drawn

    if files:
        pictures.require_matplotlib()
    seen = drawn(sources)
    if not files:
        pictures.print_pictures(seen)
    for path, suffix in files:
        data = f"{pictures.svg(*seen)}\n" if suffix == ".svg" else pictures.png(*seen)
        write_atomically(path, data)
        click.echo(_("Written: {path}").format(path=path))


def _has_pictures(exercise: Exercise) -> bool:
    """Whether a grader declares a picture, by its text: `dlex show` runs none."""
    try:
        text = exercise.path("graders").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"^@(?:\w+\.)*picture\(", text, re.MULTILINE) is not None


def _may_write(path: Path, suffix: str) -> None:
    """UsageError for a file of another kind, an answer for instance, or in a folder that is not there."""
    if path.suffix.lower() != suffix:
        raise UsageError(_("{path} does not end in {suffix}").format(path=path, suffix=suffix))
    if not path.absolute().parent.is_dir():
        raise UsageError(_("there is no folder {folder}").format(folder=path.absolute().parent))
