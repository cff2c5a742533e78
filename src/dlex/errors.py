"""Every error that dlex raises on purpose.

    DlexError
    ├── UsageError      exit 2   what was asked for does not exist or does not fit
    ├── CourseError     exit 3   the course is broken; its author has to act
    └── MachineError    exit 4   this machine lacks something

Each carries the exit code and, where there is one, the next step.
"""


class DlexError(Exception):
    """Base of the errors that the command line reports without a traceback."""

    exit_code = 1

    def __init__(self, message: str, next_step: str | None = None):
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: where in dlex it was raised is nobody's business."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(DlexError):
    """The command was used wrongly: an unknown target, a folder that is not there."""

    exit_code = 2


class CourseError(DlexError):
    """The course cannot grade: a missing file, a grader that does not load, a stale stub."""

    exit_code = 3


class MachineError(DlexError):
    """The machine lacks something that was asked for, an isolation level for example."""

    exit_code = 4
