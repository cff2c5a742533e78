"""Starting a warm server: a process of its own, which outlives this one unless it is held."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from dlex.batch import protocol
from dlex.errors import MachineError
from dlex.language import _
from dlex.serve import messages, place
from dlex.serve.terms import PACKAGE, Terms

SECONDS = 10.0  # for a server to end when it is told to
LAST_WORDS = 2000


class Process:
    """A server that this process started; `wait_until_warm` before it is asked.

    Args:
        idle: seconds without a question after which it ends; None to hold it until `close`.
        exercises: ids of those whose graders it collects at once.

    Raises:
        MachineError: there is no private folder for it to listen in.
    """

    def __init__(self, terms: Terms, *, idle: float | None, exercises: list[str]):
        self._settings = messages.Settings(terms, str(place.make()), idle, exercises)
        self._errors = tempfile.TemporaryFile()
        paths = [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dlex.serve.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            cwd=Path.home() if Path.home().is_dir() else "/",  # not to hold on to the learner's folder
            start_new_session=True,  # Ctrl-C is this process's affair
        )

    def wait_until_warm(self) -> int:
        """The isolation level that it grades at.

        Raises:
            CourseError: a grader or a reference is broken.
            MachineError: the machine lacks something.
        """
        with suppress(BrokenPipeError):
            self._process.stdin.write(messages.frame(self._settings))
            self._process.stdin.flush()
        greeting = self._greeting()
        if isinstance(greeting, protocol.Refused):
            raise protocol.raised(greeting)
        if self._settings.idle is not None:
            self._process.stdin.close()
        return greeting.isolation

    def close(self) -> None:
        """End it, however far it is."""
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(BrokenPipeError):
                stream.close()

    def _greeting(self) -> messages.Greeting:
        stream = self._process.stdout
        data = stream.read(messages.LENGTH.size)
        if len(data) == messages.LENGTH.size:
            data = stream.read(*messages.LENGTH.unpack(data))
        try:
            return msgspec.msgpack.decode(data, type=messages.Greeting)
        except msgspec.DecodeError:
            self._errors.seek(0)
            words = self._errors.read()[-LAST_WORDS:].decode(errors="replace").strip()
            raise MachineError(_("the warm server ended at its start"), words) from None
