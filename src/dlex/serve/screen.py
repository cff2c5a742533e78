"""What `dlex watch` shows: a screen that is drawn anew for every answer, or plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dlex.course import Course, Exercise
from dlex.errors import DlexError
from dlex.language import _, ngettext
from dlex.report.folded import Folded
from dlex.report.terminal import OUTPUT_LINES, mark, print_exercise
from dlex.results.records import ExerciseResult
from dlex.results.text import plain

FULL = 3, 2, 1  # causes of failures in full: as many as fit on the screen
NAMED = 10, 5, 2, 0  # of the checks that fail for other causes, where naming all would hide the first
FEW_LINES = 3  # of what an answer printed, where more would hide what went wrong
BAR = 30  # cells


@dataclass(frozen=True)
class Standing:
    """How far a learner is: how many exercises of how many were right once, and the next that was not."""

    done: int
    total: int
    next: Exercise | None


def right(result: ExerciseResult) -> bool:
    """Whether every check passed."""
    return bool(result.checks) and all(check.outcome == "passed" for check in result.checks)


class Lines:
    """Plain lines, one report after the other."""

    def __init__(self, course: Course):
        self._course = course
        self._console = Console(highlight=False)

    def begin(self, exercise: Exercise, standing: Standing) -> None:
        """Before anything is warm."""
        files = ngettext("Watching one exercise.", "Watching {n} exercises.", standing.total)
        self._say(files.format(n=standing.total))
        self._say(_("Getting ready to check {id} …").format(id=exercise.id), "dim")

    def waiting(self, exercise: Exercise) -> None:
        """An answer takes longer than usual; lines come when they come."""

    def report(self, exercise: Exercise, result: ExerciseResult, standing: Standing) -> None:
        """What a check found, and what to do next."""
        print_exercise(self._console, result)
        self._verdict(exercise, result, standing)

    def summary(self, results: list[ExerciseResult], standing: Standing) -> None:
        """All exercises, a line each."""
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(justify="right")
        for result in results:
            table.add_row(mark(result), f"{result.score:g}/{result.max_score:g}")
        self._console.print(table)
        self._standing(standing)

    def problem(self, error: DlexError) -> None:
        """What kept an exercise from being checked."""
        self._say(_("Not checked: {problem}").format(problem=plain(error.message)), "bold red")
        if error.next_step:
            self._say(plain(error.next_step))

    def not_recorded(self, problem: str) -> None:
        """A check that is shown and not kept."""
        self._say(_("This check is not in your history: {problem}").format(problem=plain(problem)))

    def stray(self, name: str, near: str) -> None:
        """Somebody saved a file that is not named like an exercise."""
        told = _("{file} is not checked: it is not named like an exercise. {near}")
        self._say(told.format(file=plain(name), near=plain(near)), "bold")

    def nothing_next(self) -> None:
        """Somebody asked for the next exercise, and there is none."""
        self._say(_("Everything that is watched was right once. What comes after it: dlex status"))

    def _verdict(self, exercise: Exercise, result: ExerciseResult, standing: Standing) -> None:
        points = {"id": exercise.id, "score": f"{result.score:g}", "most": f"{result.max_score:g}"}
        if right(result):
            self._say("\n" + _("✓ {id}: right, {most} of {most} points.").format(**points), "bold green")
            self._standing(standing)
        elif result.status == "not_attempted":
            self._say(
                "\n" + _("Write your answer in {file} and save it.").format(file=f"{exercise.id}.py"), "bold"
            )
        else:
            self._say("\n" + _("✗ {id}: {score} of {most} points.").format(**points), "bold red")

    def _standing(self, standing: Standing) -> None:
        if standing.next is None:
            self.nothing_next()
        else:
            following = {"id": standing.next.id, "title": standing.next.title}
            self._say(_("Next: {id}, {title}.").format(**following), "bold")

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Folded(text, style))


class Screen(Lines):
    """A terminal: the latest answer at the top, how far one is and the keys at the bottom."""

    def __init__(self, course: Course):
        super().__init__(course)
        self._draw: Callable[[], None] = lambda: None
        self._bottom = Standing(0, 1, None)  # as on the screen

    def begin(self, exercise: Exercise, standing: Standing) -> None:
        self._bottom = standing
        self._keep(partial(super().begin, exercise, standing))

    def waiting(self, exercise: Exercise) -> None:
        self._say(_("Checking {id} … (the first time takes some seconds)").format(id=exercise.id), "dim")

    def report(self, exercise: Exercise, result: ExerciseResult, standing: Standing) -> None:
        self._bottom = standing
        self._keep(partial(self._report, exercise, result, standing))

    def summary(self, results: list[ExerciseResult], standing: Standing) -> None:
        self._bottom = standing
        self._keep(partial(super().summary, results, standing))

    def problem(self, error: DlexError) -> None:
        self._keep(partial(super().problem, error))

    def stray(self, name: str, near: str) -> None:
        self._console.print()
        super().stray(name, near)
        self._footer()

    def command(self, *arguments: str) -> None:
        """What another command of dlex says, below what is there: a hint is read with the report."""
        from dlex.cli import main

        self._console.print()
        main(["--course", str(self._course.root), *arguments], prog_name="dlex", standalone_mode=False)
        self._footer()

    def redraw(self) -> None:
        """After the window changed, or came back."""
        self._console.clear()
        self._draw()
        self._footer()

    def _keep(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self.redraw()

    def _report(self, exercise: Exercise, result: ExerciseResult, standing: Standing) -> None:
        """With as many causes in full, and then as many of the other checks, as fit."""
        room = self._console.height - 6
        choices = [(in_full, None, OUTPUT_LINES) for in_full in FULL]
        choices += [(1, named, printed) for printed in (OUTPUT_LINES, FEW_LINES) for named in NAMED]
        fitting = (choice for choice in choices if self._height(result, *choice) <= room)
        print_exercise(self._console, result, *next(fitting, choices[-1]))
        self._verdict(exercise, result, standing)

    def _height(self, result: ExerciseResult, *choice: int | None) -> int:
        with self._console.capture() as captured:
            print_exercise(self._console, result, *choice)
        return captured.get().count("\n")

    def _footer(self) -> None:
        row = Table.grid(padding=(0, 1))
        told = _("{done} of {total} right").format(done=self._bottom.done, total=self._bottom.total)
        row.add_row(ProgressBar(total=self._bottom.total, completed=self._bottom.done, width=BAR), Text(told))
        self._console.print()
        self._console.print(row)
        keys = {"h": _("hint"), "n": _("next"), "s": _("statement"), "a": _("check all"), "q": _("quit")}
        parts = [part for key, told in keys.items() for part in ((key, "bold"), (f" {told}   ", "dim"))]
        self._console.print(Text.assemble(*parts))
