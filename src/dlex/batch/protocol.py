"""What the pool and its warm process say to each other: typed messages, both ends trusted.

pool ── Settings (stdin) ──► warm process
pool ◄── Ready or Refused ── lane ── for each Question: Graded or Refused ──► pool
"""

from __future__ import annotations

from typing import Literal, Union

import msgspec

from dlex import errors
from dlex.errors import DlexError
from dlex.results.records import SubmissionResult
from dlex.submission import Submission


class Settings(msgspec.Struct, frozen=True):
    """What a warm process grades with; `lanes` are the descriptors of its ends of the sockets.

    `exercises` are those whose graders are collected before anything is asked.
    """

    course: str
    exercises: list[str]
    seed: int
    isolation: int | None
    lanes: list[int]
    device: str = "cpu"


class Ready(msgspec.Struct, frozen=True, tag=True):
    """A lane takes submissions."""

    isolation: int


class Question(msgspec.Struct, frozen=True):
    """A submission to grade: on the exercises `only`, or on all of the settings if that is None.

    Graders of `only` that are not there yet are collected first.
    """

    submission: Submission
    only: list[str] | None = None
    stop_at_failure: bool = False


class Graded(msgspec.Struct, frozen=True, tag=True):
    """The answer to a question."""

    result: SubmissionResult


class Refused(msgspec.Struct, frozen=True, tag=True):
    """No lane, or no answer: an error of `dlex.errors`, by its name."""

    kind: Literal["UsageError", "CourseError", "MachineError"]
    message: str
    next_step: str | None = None


def refused(error: DlexError) -> Refused:
    """An error as a message."""
    return Refused(type(error).__name__, error.message, error.next_step)


def raised(refused: Refused) -> DlexError:
    """The error that a message stands for."""
    return getattr(errors, refused.kind)(refused.message, refused.next_step)


encode = msgspec.msgpack.encode
decode_settings = msgspec.msgpack.Decoder(Settings).decode
decode_greeting = msgspec.msgpack.Decoder(Union[Ready, Refused]).decode
decode_question = msgspec.msgpack.Decoder(Question).decode
decode_answer = msgspec.msgpack.Decoder(Union[Graded, Refused]).decode
