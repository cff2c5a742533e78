"""`@picture`: what an author declares to be drawn of an exercise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import torch

from dlex.course import Exercise
from dlex.grading.calls import Functions
from dlex.grading.mistakes import load_module
from dlex.pictures.record import Kind

ATTRIBUTE = "dlex_picture"
Height = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Sketch:
    """What an author says of a picture; `function` takes an answer's functions and returns numbers."""

    name: str
    title: str
    kind: Kind
    function: Callable[[Functions], object]
    axes: tuple[str, str]
    series: tuple[str, ...]
    at: torch.Tensor | None
    over: Height | None
    within: tuple[float, float, float, float]
    at_random: bool

    @property
    def line(self) -> int:
        """The line of the grader where it begins."""
        return self.function.__code__.co_firstlineno


def picture(
    title: str,
    *,
    kind: Kind = "heatmap",
    axes: tuple[str, str] = ("", ""),
    series: tuple[str, ...] = (),
    at: torch.Tensor | None = None,
    over: Height | None = None,
    within: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0),
    at_random: bool = False,
) -> Callable:
    """Declare a picture of the exercise. What is decorated gets an answer's functions, calls them with
    inputs of its own and returns a tensor; it is run with the reference and with what a learner wrote.

    Learners see it, and its inputs. It must call the functions in the same way each time.

    Args:
        title: what is to be seen.
        kind: "heatmap" takes a matrix; "lines" one row for each series (or a vector); "path" the x and y
            of each point, shape (n, 2).
        axes: what the horizontal and the vertical direction count.
        series: names of the lines.
        at: the places on the horizontal axis, shape (n,), where the lines were looked at; else 0, 1, 2 …
        over: the heights that a path crosses: a function of the xs and ys, tensors of one shape.
        within: left, right, bottom and top of what is shown of a path.
        at_random: two right answers need not be equal, so that no difference is shown.

    Example:
        >>> @picture("a square, and its edges")
        ... def edges(answer):
        ...     return answer.corr2d(square(), torch.tensor([[1.0, -1.0]]))
    """
    if kind not in get_args(Kind):
        raise ValueError(f"kind is {kind!r}, must be one of {', '.join(get_args(Kind))}")
    if kind == "path" and over is None:
        raise ValueError("a path needs heights that it goes over: over=lambda x, y: x**2 + y**2")

    def mark(function: Callable) -> Callable:
        options = axes, series, at, over, within, at_random
        setattr(function, ATTRIBUTE, Sketch(function.__name__, title, kind, function, *options))
        return function

    return mark


def sketches(exercise: Exercise) -> list[Sketch]:
    """The pictures that an exercise's grader declares. CourseError if it does not load."""
    path = exercise.path("graders")
    names = vars(load_module(path, f"dlex_pictures_{exercise.id.replace('/', '_')}"))
    return [getattr(value, ATTRIBUTE) for value in names.values() if hasattr(value, ATTRIBUTE)]
