"""Answers to a check's calls: those that were foreseen wait in a queue, any other is made live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from dlex.worker import wire


class Answers:
    """A backend that a check can be replayed on. Of each example it keeps the last call, every
    answer that was given, and whether all of them were foreseen."""

    def __init__(self) -> None:
        self.last: wire.Call | wire.Attribute | None = None
        self.transcript: list[wire.Reply] = []
        self.foreseen = True
        self._due: deque[bytes] = deque()
        self._ahead: deque[wire.Reply] = deque()

    def prefetch(self, requests: list[bytes]) -> None:
        """Ask for everything that a check is known to call, so that the answers stream in."""
        raise NotImplementedError

    def begin(self, expected: list[bytes]) -> None:
        """The next example starts; its calls were prefetched, in this order."""
        self._due = deque(expected)
        self._ahead.clear()
        self.last, self.transcript, self.foreseen = None, [], True

    def read_ahead(self, calls: list[wire.Call]) -> list[wire.Reply]:
        """The answers to all foreseen calls of an example that has just begun."""
        for call in calls:
            self.last = call
            self._ahead.append(self._receive())
        self.last = None
        return list(self._ahead)

    def finish(self) -> None:
        """The example is over. Where a check failed early, the answers to its other calls still tell
        one mistake from another."""
        while self._due:
            self._due.popleft()
            reply = self._next()
            if self.foreseen:
                self.transcript.append(reply)

    def ask(self, request: wire.Call | wire.Attribute) -> wire.Reply:
        """Answer one call: from what was prefetched if it is that very call, else live."""
        self.last = request
        encoded = wire.encode(request)
        if self._due and self._due[0] == encoded:
            self._due.popleft()
            reply = self._next()
        else:
            self.foreseen = False
            self.finish()
            reply = self._live(request, encoded)
        self.transcript.append(reply)
        return reply

    def lend(self, function: Callable) -> wire.Callback:
        """Give a function of the grader to what answers."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what answers."""

    def _next(self) -> wire.Reply:
        return self._ahead.popleft() if self._ahead else self._receive()

    def _receive(self) -> wire.Reply:
        """The next answer that was prefetched."""
        raise NotImplementedError

    def _live(self, request: wire.Call | wire.Attribute, encoded: bytes) -> wire.Reply:
        """Answer a call that was not foreseen."""
        raise NotImplementedError
