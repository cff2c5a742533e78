"""`dlex watch`: what is being worked on, and what happens when a file is saved or a key pressed.

saves, keys, signals ──► events ──► Watch ──► screen
                            ▲         │
                            └─ asker ◄┘   one question at a time, in a thread
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from dlex.course import Exercise
from dlex.errors import DlexError, MachineError
from dlex.language import _
from dlex.order import waits_for
from dlex.results.records import ExerciseResult, SubmissionResult
from dlex.serve.asking import Asker
from dlex.serve.checking import submission_of
from dlex.serve.screen import Lines, Standing, right
from dlex.submission import Source
from dlex.targets import Place
from dlex.workspace import find_workspace
from dlex.workspace.history import History, remember

SLOW = 0.5  # seconds, after which somebody who waits is told so


@dataclass(frozen=True)
class Saved:
    exercise: Exercise


@dataclass(frozen=True)
class Stray:
    """Somebody saved a file that answers no exercise; `near` says how to go on."""

    name: str
    near: str


@dataclass(frozen=True)
class Pressed:
    key: str


@dataclass(frozen=True)
class Checked:
    """`outcome` is None if the file is as it was when it was last checked."""

    exercise: Exercise
    source: Source
    outcome: SubmissionResult | DlexError | None


@dataclass(frozen=True)
class Prepared:
    """The next exercise is warm, or will be when it is asked for."""


@dataclass(frozen=True)
class Broken:
    """A bug, from the asking thread."""

    error: BaseException


@dataclass(frozen=True)
class Ended:
    """It is time to stop."""


@dataclass(frozen=True)
class Redraw:
    """The terminal changed."""


Event = Saved | Stray | Pressed | Checked | Prepared | Broken | Ended | Redraw


class Watch:
    """Checks what is saved until it is told to end. Threads and signal handlers `tell` it."""

    def __init__(self, places: dict[Exercise, Place], asker: Asker, screen: Lines):
        self._places, self._asker, self._screen = places, asker, screen
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()  # safe in signal handlers
        self._tasks: queue.SimpleQueue[Callable[[], Event]] = queue.SimpleQueue()
        self._waiting: dict[Exercise, None] = {}  # to be checked, in this order
        self._busy = False
        self._asked: Exercise | None = None  # what is being checked, until somebody was told to wait
        self._ahead: Exercise | None = None  # to be collected when there is nothing else to do
        self._seen: dict[Exercise, tuple[Source, ExerciseResult]] = {}
        self._shown: tuple[Exercise, Source] | None = None
        best = History(find_workspace()).best()
        self._done = {id for id, result in best.items() if result.done}
        self._all = False
        self._current = self._next_after(None) or next(iter(places))

    def tell(self, event: Event) -> None:
        self._events.put(event)

    def run(self) -> None:
        """Returns when it is told to end."""
        threading.Thread(target=self._work, daemon=True).start()
        self._screen.begin(self._current, self._standing())
        self._waiting[self._current] = None
        while True:
            self._feed()
            event = self._next_event()
            if isinstance(event, Ended):
                return
            self._react[type(event)](self, event)

    def _next_event(self) -> Event:
        try:
            return self._events.get(timeout=SLOW if self._asked else None)
        except queue.Empty:
            self._screen.waiting(self._asked)
            self._asked = None
            return self._events.get()

    # The thread that asks ----------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                self._events.put(task())
            except Exception as error:
                self._events.put(Broken(error))

    def _feed(self) -> None:
        """Give the thread what comes next, if it has nothing to do."""
        if self._busy:
            return
        if self._waiting:
            self._asked = exercise = next(iter(self._waiting))
            del self._waiting[exercise]
            self._give(lambda: self._check(exercise))
        elif self._ahead is not None:
            exercise, self._ahead = self._ahead, None
            self._give(lambda: self._prepare(exercise))

    def _give(self, task: Callable[[], Event]) -> None:
        self._busy = True
        self._tasks.put(task)

    def _check(self, exercise: Exercise) -> Checked:
        source = self._places[exercise].read()
        if exercise in self._seen and self._seen[exercise][0] == source:
            return Checked(exercise, source, None)
        try:
            return Checked(exercise, source, self._asker.ask(exercise, source))
        except DlexError as error:
            return Checked(exercise, source, error)

    def _prepare(self, exercise: Exercise) -> Prepared:
        try:
            self._asker.prepare(exercise)
        except DlexError:
            pass  # it will be told when this exercise is checked
        return Prepared()

    # What happens when ---------------------------------------------------------------------------

    def _saved(self, event: Saved) -> None:
        self._all, self._current, self._waiting = False, event.exercise, {event.exercise: None}

    def _strayed(self, event: Stray) -> None:
        self._screen.stray(event.name, event.near)

    def _prepared(self, _event: Prepared) -> None:
        self._busy = False

    def _checked(self, event: Checked) -> None:
        self._busy, self._asked = False, None
        if event.exercise in self._waiting:  # saved again in the meantime
            return
        if isinstance(event.outcome, DlexError):
            self._show_problem(event.outcome)
        elif event.outcome is not None and event.outcome.status == "not_graded":
            self._show_problem(MachineError(event.outcome.reason, _("`dlex doctor` may know more.")))
        else:
            self._settle(event)

    def _settle(self, event: Checked) -> None:
        """Keep a result, and show it unless it is on the screen already."""
        exercise, source = event.exercise, event.source
        problem = ""
        if event.outcome is not None:
            files = submission_of({exercise: source}).sources
            problem = remember(find_workspace(), event.outcome, files)
            self._seen[exercise] = source, event.outcome.exercises[0]
        result = self._seen[exercise][1]
        if right(result):
            self._done.add(exercise.id)
        if self._all:
            self._show_all()
        elif event.outcome is not None or self._shown != (exercise, source):
            self._show(exercise, source, result)
        if problem:
            self._screen.not_recorded(problem)

    def _show(self, exercise: Exercise, source: Source, result: ExerciseResult) -> None:
        self._current, self._shown = exercise, (exercise, source)
        standing = self._standing()
        self._screen.report(exercise, result, standing)
        if right(result):
            self._ahead = standing.next

    def _show_problem(self, error: DlexError) -> None:
        if self._all:  # what goes wrong for one will go wrong for all
            self._waiting.clear()
        self._shown, self._all = None, False
        self._screen.problem(error)

    def _show_all(self) -> None:
        """When everything is checked."""
        if self._waiting:
            return
        self._all, self._shown = False, None
        self._screen.summary([self._seen[e][1] for e in self._places if e in self._seen], self._standing())

    def _pressed(self, event: Pressed) -> None:
        act = self._keys.get(event.key.lower())
        if act is not None:
            act(self)

    def _hint(self) -> None:
        self._screen.command("hint", self._current.id)

    def _statement(self) -> None:
        self._screen.command("show", self._current.id)

    def _next(self) -> None:
        following = self._next_after(self._current)
        if following is None:
            self._screen.nothing_next()
        else:
            self._all, self._current, self._waiting = False, following, {following: None}

    def _check_all(self) -> None:
        self._all, self._waiting = True, dict.fromkeys(self._places)

    def _broken(self, event: Broken) -> None:
        raise event.error

    def _redraw(self, _event: Redraw) -> None:
        self._screen.redraw()

    # Where one is ----------------------------------------------------------------------------------

    def _standing(self) -> Standing:
        done = [one for one in self._places if one.id in self._done]
        return Standing(len(done), len(self._places), self._next_after(self._current))

    def _next_after(self, exercise: Exercise | None) -> Exercise | None:
        """The next exercise that was never right, from here and then from the start: the first for which
        everything is done that it comes after, if there is one."""
        order = list(self._places)
        here = order.index(exercise) + 1 if exercise is not None else 0
        others = [one for one in order[here:] + order[:here] if one is not exercise]
        todo = [one for one in others if one.id not in self._done]
        return next((one for one in todo if not waits_for(one, self._done)), todo[0] if todo else None)

    _keys = {"h": _hint, "n": _next, "s": _statement, "a": _check_all}  # noqa: RUF012
    _react = {  # noqa: RUF012
        Saved: _saved,
        Stray: _strayed,
        Pressed: _pressed,
        Checked: _checked,
        Prepared: _prepared,
        Broken: _broken,
        Redraw: _redraw,
    }
