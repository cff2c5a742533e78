"""Pictures of an exercise, run with the reference and with an answer.

A picture is worth no points and changes no grade. It is drawn when somebody asks for it; grading runs
none of this.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch

from dlex.course import CONTENT, Exercise
from dlex.errors import CourseError, MachineError
from dlex.grading.attempt import Attempt
from dlex.grading.calls import Functions
from dlex.grading.compare import kind_of
from dlex.grading.failures import CheckFailed, SubmissionFailed, Unusable
from dlex.grading.messages import describe
from dlex.grading.mistakes import load_reference
from dlex.grading.oracle import Oracle
from dlex.grading.sketches import Height, Sketch, sketches
from dlex.language import _
from dlex.pictures.record import Contours, Grid, Kind, Picture, difference
from dlex.results.text import plain
from dlex.submission import Source
from dlex.worker import sandbox
from dlex.worker.client import Budget, ZygoteDied
from dlex.worker.launcher import Zygote

MOST = 40_000  # entries of a picture
FINE = 33  # heights of a landscape, each way


class CannotDraw(Exception):
    """A value that a picture of its kind cannot be made of."""


def drawn(sources: dict[Exercise, Source], isolation: int | None = None) -> list[Picture]:
    """The pictures of exercises, with what the learner's file for each of them makes of it.

    Raises:
        CourseError: a grader does not load, or a picture fails with the reference.
        MachineError: the isolation level cannot be had, or the sandbox failed.
    """
    exercises = list(sources)
    masked = {exercise.course.root / folder for exercise in exercises for folder in CONTENT}
    zygote = Zygote(sandbox.require(isolation).level, sorted(masked))
    try:
        return [each for exercise in exercises for each in draw(exercise, sources[exercise], zygote)]
    finally:
        zygote.close()


def draw(exercise: Exercise, source: Source, zygote: Zygote) -> list[Picture]:
    """The pictures of one exercise, with workers of this zygote. Raises what `drawn` raises."""
    declared = sketches(exercise)
    reference = Functions(Oracle(load_reference(exercise).functions))
    expected = [_expected(exercise, sketch, reference) for sketch in declared]
    if not source.content:
        reason = source.problem or _("{file} is empty").format(file=Path(source.file).name)
        return [msgspec.structs.replace(picture, reason=plain(reason)) for picture in expected]
    attempt = _attempt(exercise, source.content, zygote)
    try:
        problem = _problem_with_loading(attempt) if declared else ""
        pairs = zip(expected, declared, strict=True)
        return [_with_answer(picture, sketch, attempt, problem) for picture, sketch in pairs]
    except ZygoteDied as death:
        told = _("the sandbox failed: {reason}").format(reason=death)
        raise MachineError(told, _("Try again; then see `dlex doctor`.")) from None
    finally:
        attempt.close()


# What is expected ------------------------------------------------------------------------------


def _expected(exercise: Exercise, sketch: Sketch, reference: Functions) -> Picture:
    """The picture of the right answer."""
    try:
        expected = _grid(sketch.function(reference), sketch.kind)
        _require_fit(sketch, expected)
        return Picture(
            exercise.id,
            sketch.name,
            exercise.say(sketch.title),
            sketch.kind,
            expected,
            axes=tuple(map(exercise.say, sketch.axes)),
            series=list(map(exercise.say, sketch.series)),
            at=[] if sketch.at is None else sketch.at.tolist(),
            contours=None if sketch.over is None else _contours(sketch.over, sketch.within),
            at_random=sketch.at_random,
        )
    except Exception as error:
        where = f"{exercise.path('graders')}:{sketch.line}"
        message = f"{where}: the picture {sketch.name} fails with the reference"
        raise CourseError(f"{message}: {type(error).__name__}: {error}") from error


def _require_fit(sketch: Sketch, expected: Grid) -> None:
    """ValueError unless there is a name for each line, and a place for each of its points."""
    lines, points = expected.shape
    for what, count, wanted in (("series", len(sketch.series), lines), ("at", _length(sketch.at), points)):
        if sketch.kind == "lines" and count not in (0, wanted):
            raise ValueError(f"`{what}` has {count} entries for a result of shape ({lines}, {points})")


def _length(at: torch.Tensor | None) -> int:
    return 0 if at is None else len(at)


def _contours(over: Height, within: tuple[float, float, float, float]) -> Contours:
    """The heights on a fine grid, lowest y first."""
    left, right, bottom, top = within
    ys, xs = torch.meshgrid(
        torch.linspace(bottom, top, FINE, dtype=torch.float64),
        torch.linspace(left, right, FINE, dtype=torch.float64),
        indexing="ij",
    )
    heights = over(xs, ys)
    if not heights.isfinite().all():
        raise ValueError("`over` has heights that are no finite numbers")
    return Contours([[float(f"{height:.4g}") for height in row] for row in heights.tolist()], within)


# What was got ----------------------------------------------------------------------------------


def _attempt(exercise: Exercise, content: bytes, zygote: Zygote) -> Attempt:
    limits = exercise.course.file.limits
    budget = Budget(
        limits.check_seconds, limits.submission_seconds, limits.memory_mb << 20, limits.output_kb << 10
    )
    return Attempt(zygote, budget, exercise, content, f"picture:{exercise.id}")


def _problem_with_loading(attempt: Attempt) -> str:
    """Why a file does not load; "" if it does."""
    attempt.budget.start_exercise()
    try:
        attempt.start()
    except SubmissionFailed as error:
        told = describe(error, attempt.exercise)
        return _("{file} does not load: {reason}").format(file=f"{attempt.exercise.name}.py", reason=told)
    return ""


def _with_answer(picture: Picture, sketch: Sketch, attempt: Attempt, problem: str) -> Picture:
    """The picture with what a learner's functions make of it, or the reason why there is nothing."""
    if problem:
        return msgspec.structs.replace(picture, reason=plain(problem))
    attempt.budget.start_check()
    attempt.begin([])
    try:
        return _compared(picture, _grid(sketch.function(Functions(attempt)), sketch.kind))
    except (CheckFailed, SubmissionFailed) as error:
        reason = describe(error, attempt.exercise)
    except CannotDraw as error:
        reason = str(error)
    except ZygoteDied:
        raise
    except Exception as error:  # the author's code, on what was never meant to come back
        reason = str(Unusable(error))
    return msgspec.structs.replace(picture, reason=plain(reason))


def _compared(picture: Picture, got: Grid) -> Picture:
    """The picture with what was got, and with the difference if there can be one."""
    apart, reason = difference(picture.kind, picture.expected, got), ""
    if picture.at_random and apart is not None:
        return msgspec.structs.replace(picture, got=got)
    if apart is None:
        shapes = {"got": got.shape, "expected": picture.expected.shape}
        reason = _("The shapes differ: got {got}, expected {expected}.").format(**shapes)
    return msgspec.structs.replace(picture, got=got, difference=apart, reason=reason)


def _grid(value: object, kind: Kind) -> Grid:
    """The numbers of a result. CannotDraw if it has none, or not in the shape of a picture of its kind."""
    if not isinstance(value, torch.Tensor) or value.is_complex():
        what = f"{value.dtype}" if isinstance(value, torch.Tensor) else kind_of(value)
        raise CannotDraw(_("The result is {what}: a picture needs a tensor of numbers.").format(what=what))
    matrix = value[None] if value.dim() == 1 and kind != "path" else value
    if matrix.dim() != 2 or not matrix.numel() or (kind == "path" and matrix.shape[1] != 2):
        raise CannotDraw(_("A result of shape {shape} cannot be drawn.").format(shape=tuple(value.shape)))
    if matrix.numel() > MOST:
        told = _("A result of shape {shape} has too many entries to be drawn.")
        raise CannotDraw(told.format(shape=tuple(value.shape)))
    return Grid.of(matrix.detach().double().tolist())
