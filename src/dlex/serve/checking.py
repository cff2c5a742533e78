"""One check of what a learner wrote: by a warm server if there is one, by this process if not."""

from __future__ import annotations

from dlex import devices
from dlex.course import Course, Exercise
from dlex.errors import DlexError
from dlex.results.records import SubmissionResult
from dlex.serve import client
from dlex.serve.terms import SEED
from dlex.submission import Source, Submission

FIRST = {"cuda": "cuda:0"}  # what `devices.resolve` makes of it, without a look at the GPU


def submission_of(sources: dict[Exercise, Source]) -> Submission:
    """A learner's files as every check hands them in: the name has a part in what is drawn."""
    return Submission("you", {exercise.id: source for exercise, source in sources.items()})


def check(
    course: Course,
    sources: dict[Exercise, Source],
    *,
    seed: int = SEED,
    isolation: int | None = None,
    device: str = "cpu",
    stop_at_failure: bool = False,
) -> SubmissionResult:
    """The result, redacted for learners; the same from either.

    Args:
        device: as on the command line. Whether there is such a GPU is looked at here, unless a server
            that has it answers.

    Raises:
        UsageError: no device has this name.
        CourseError: a grader or a reference is broken.
        MachineError: the device or the isolation level cannot be had.
    """
    submission = submission_of(sources)
    if seed == SEED and (result := _warm(course, submission, device, isolation, stop_at_failure)):
        return result

    device = devices.resolve(device)
    from dlex.grading.session import grade
    from dlex.results.feedback import for_learner

    (result,) = grade(
        course,
        list(sources),
        [submission],
        seed=seed,
        isolation=isolation,
        stop_at_failure=stop_at_failure,
        device=device,
    )
    return for_learner(result)


def _warm(
    course: Course, submission: Submission, device: str, isolation: int | None, stop_at_failure: bool
) -> SubmissionResult | None:
    """What a server says, if it says that anything was graded."""
    wanted = client.current_terms(course, FIRST.get(device, device), isolation)
    try:
        result = wanted and client.ask(wanted, submission, stop_at_failure=stop_at_failure)
    except DlexError:  # this process finds out for itself
        return None
    return result if result is not None and result.status == "graded" else None
