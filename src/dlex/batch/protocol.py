"""What the pool and its warm process say to each other: typed messages, both ends trusted.

pool ── Settings (stdin) ──► warm process
pool ◄── Ready or Refused ── lane ── for each Submission: a SubmissionResult ──► pool
"""

from __future__ import annotations

from typing import Literal, Union

import msgspec

from dlex.errors import DlexError


class Settings(msgspec.Struct, frozen=True):
    """What a warm process grades with; `lanes` are the descriptors of its ends of the sockets."""

    course: str
    exercises: list[str]
    seed: int
    isolation: int | None
    lanes: list[int]
    device: str = "cpu"


class Ready(msgspec.Struct, frozen=True, tag=True):
    """A lane takes submissions."""

    isolation: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The warm process could not start: an error of `dlex.errors`, by its name."""

    kind: Literal["UsageError", "CourseError", "MachineError"]
    message: str
    next_step: str | None = None


def refused(error: DlexError) -> Refused:
    """An error as a message."""
    return Refused(type(error).__name__, error.message, error.next_step)


encode = msgspec.msgpack.encode
decode_settings = msgspec.msgpack.Decoder(Settings).decode
decode_greeting = msgspec.msgpack.Decoder(Union[Ready, Refused]).decode
