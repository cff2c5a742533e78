"""What `nbgrader_config.py` says about dlex: `c.Dlex.course`, `c.Dlex.seed`, `c.Dlex.isolation`."""

from __future__ import annotations

from pathlib import Path

from traitlets import Int, Unicode
from traitlets.config import Configurable
from traitlets.config.loader import PyFileConfigLoader

from dlex.course import Course, find_course
from dlex.errors import UsageError

CONFIG = "nbgrader_config.py"


class Dlex(Configurable):
    """How exercises are graded in an nbgrader course."""

    course = Unicode("", help="The folder of the dlex course; the bundled course if empty.").tag(config=True)
    seed = Int(0, help="Draws the examples. Keep it secret, and the same for everybody.").tag(config=True)
    isolation = Int(
        None, allow_none=True, help="Isolation level 0, 1 or 2; the best that works here if left out."
    ).tag(config=True)

    def read_course(self) -> Course:
        """The dlex course as it is now. UsageError or CourseError if there is none."""
        return find_course(self.course or None)


def read_settings(folder: Path) -> Dlex:
    """The settings of an nbgrader course. UsageError if `folder` is none."""
    if not (folder / CONFIG).is_file():
        raise UsageError(
            f"{folder.resolve()} is no nbgrader course: it has no {CONFIG}",
            "Make one, then go there: dlex nbgrader init DIR, cd DIR",
        )
    return Dlex(config=PyFileConfigLoader(CONFIG, path=str(folder)).load_config())
