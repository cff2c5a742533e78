"""What a warm server is asked and what it says: one frame for each message, a length and its bytes.

    client ── Ask ──► server
    client ◄── Working … then Answer, or Declined, or Refused ──
    client ── Look or End ──► server ── State ──►

Both ends belong to the same user. A frame has a limit, and reading one a deadline, all the same:
whatever goes wrong at the other end must not hold up this one.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import TypeVar, Union

import msgspec

from dlex.batch.protocol import Ready, Refused
from dlex.results.records import SubmissionResult
from dlex.serve.terms import Terms
from dlex.submission import Source, Submission

LIMIT = 64 << 20
LENGTH = struct.Struct("!I")
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True):
    """What a server is started with, on its standard input.

    It ends after `idle` seconds without a question or, if that is None, when its standard input ends.
    Graders of `exercises` are collected before it says that it is ready.
    """

    terms: Terms
    folder: str
    idle: float | None
    exercises: list[str]


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Grade a submission on the exercises `only`. `patient`: wait for as long as others are served."""

    terms: str
    submission: Submission
    only: list[str]
    stop_at_failure: bool = False
    patient: bool = False


class Look(msgspec.Struct, frozen=True, tag=True):
    """Say what you are."""


class End(msgspec.Struct, frozen=True, tag=True):
    """End now."""


class Working(msgspec.Struct, frozen=True, tag=True):
    """Still there; the answer will come."""


class Answer(msgspec.Struct, frozen=True, tag=True):
    """A result, redacted for learners."""

    result: SubmissionResult


class Declined(msgspec.Struct, frozen=True, tag=True):
    """No answer from here: others are being served, or the course has changed."""


class State(msgspec.Struct, frozen=True, tag=True):
    """What a server is: its process, its exercises that are warm, how long it waits before it ends.

    `idle` is None if it ends with the `dlex watch` that started it.
    """

    pid: int
    terms: Terms
    level: int
    warm: list[str]
    answered: int
    idle: float | None
    unused: float


Request = Union[Ask, Look, End]
Reply = Union[Working, Answer, Declined, Refused, State]
Greeting = Union[Ready, Refused]
BROKEN = (
    OSError,
    msgspec.DecodeError,
    ValueError,
    RecursionError,
)  # what a lost or mad peer causes

_encode = msgspec.msgpack.Encoder().encode


def nothing_of(exercises: list[str]) -> Submission:
    """A submission without a file: all that is done about it is to collect graders."""
    return Submission("nobody", {id: Source("", None, "nothing", missing=True) for id in exercises})


def frame(message: msgspec.Struct) -> bytes:
    """A message as it travels."""
    data = _encode(message)
    return LENGTH.pack(len(data)) + data


def send(connection: socket.socket, message: msgspec.Struct, seconds: float) -> None:
    """Send a message. OSError if the peer does not take it in time."""
    connection.settimeout(seconds)
    connection.sendall(frame(message))


def receive(connection: socket.socket, kind: type[T], seconds: float) -> T:
    """The next message. One of BROKEN if none comes in time, or it makes no sense."""
    end = time.monotonic() + seconds
    (length,) = LENGTH.unpack(_exactly(connection, LENGTH.size, end))
    if length > LIMIT:
        raise ValueError("a frame is too long")
    return msgspec.msgpack.decode(_exactly(connection, length, end), type=kind)


def _exactly(connection: socket.socket, size: int, end: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            raise ConnectionError("the other end hung up")
        data += part
    return bytes(data)
