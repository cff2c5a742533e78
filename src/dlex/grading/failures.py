"""Why a check did not pass. What a grader file lets escape becomes the outcome of its check.

CheckFailed          failed         the submission answered, and the answer is wrong
└── Unusable         failed         … so wrong that the check stumbled over it
SubmissionFailed     its outcome    the submission did not answer
├── Raised           error, not_attempted
├── CalledForbidden  forbidden
└── Died             timeout, crashed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from dlex.language import _, spaced
from dlex.submission import line_in_words
from dlex.worker import wire

Told = tuple[str, str, str]  # summary, got, expected


class Difference:
    """What came back against what was expected, as text, and where they part.

    `kind` is type, shape, dtype, device, special, value … The text may be a function that makes the
    other three: of many differences only a few are ever read. `fault` says what made a tensor on the
    wrong device, if that is known. `what` was compared, in English; of what `types` they are, or of what
    dtypes, as code has them: what came back, then what was expected.
    """

    fault: wire.Fault | None = None
    types = "", ""

    def __init__(
        self, kind: str, summary: str | Callable[[], Told], got: str = "", expected: str = "", what: str = ""
    ):
        self.kind, self.what = kind, what
        self._tell = summary if callable(summary) else lambda: (summary, got, expected)

    @cached_property
    def _told(self) -> Told:
        return self._tell()

    @property
    def summary(self) -> str:
        return spaced(self._told[0])

    @property
    def got(self) -> str:
        return self._told[1]

    @property
    def expected(self) -> str:
        return self._told[2]


class CheckFailed(AssertionError):
    """The answer is wrong."""

    outcome = "failed"
    line = 0

    def __init__(self, difference: Difference):
        super().__init__(difference)
        self.difference = difference
        self.kind = difference.kind
        self.fault = difference.fault

    def __str__(self) -> str:
        return self.difference.summary


class Unusable(CheckFailed):
    """The check's own code raised on what came back: the reference's answers never make it do so."""

    def __init__(self, error: Exception):
        reason = f"{type(error).__name__}: {error}"[:300]
        summary = _("the result cannot be used like the right one ({reason})").format(reason=reason)
        super().__init__(Difference("unusable", summary))


class SubmissionFailed(Exception):
    """The submission did not answer."""

    outcome = "error"
    kind = "error"
    line = 0  # of the learner's file, where one is known
    fault: wire.Fault | None = None


def _quoted(line: int, source: str) -> str:
    where = line_in_words(line)
    return _("{where}: {told}").format(where=where, told=source) if source else where


@dataclass
class Raised(SubmissionFailed):
    """The submission raised an exception; `fault` is what it did wrong with devices, if that is why."""

    error: wire.Error
    fault: wire.Fault | None = None
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = self.error.kind
        Exception.__init__(self, f"{self.error.kind}: {self.error.message}".rstrip(": "))

    @property
    def outcome(self) -> str:
        """not_attempted if the file itself raises NotImplementedError; torch raises it as well."""
        frames = self.error.frames
        own = not frames or not frames[-1].source or frames[-1].source.lstrip().startswith("raise")
        return "not_attempted" if own and "NotImplementedError" in self.error.bases else "error"

    @property
    def line(self) -> int:
        return self.error.frames[-1].line if self.error.frames else 0

    @property
    def where(self) -> str:
        """The last line of the learner's file that the exception passed through."""
        if not self.error.frames:
            return ""
        frame = self.error.frames[-1]
        return _quoted(frame.line, frame.source)


@dataclass
class CalledForbidden(SubmissionFailed):
    """The submission called what it was to write by hand."""

    met: wire.Forbidden
    outcome = "forbidden"
    kind = "forbidden"

    def __post_init__(self) -> None:
        Exception.__init__(self, f"it calls {self.met.name}")

    @property
    def line(self) -> int:
        return self.met.line

    @property
    def where(self) -> str:
        return _quoted(self.met.line, self.met.source) if self.met.line else ""


class Died(SubmissionFailed):
    """The worker is gone: killed at its deadline, or by its own doing; `cause` as of `WorkerDied`."""

    def __init__(self, outcome: str, detail: str, cause: str = ""):
        super().__init__(detail)
        self.outcome = outcome
        self.kind = outcome
        self.detail = detail
        self.cause = cause
