"""Graders of several pytest runs, used as if one run had collected them.

pytest can use what it collected only while it runs. So graders that are wanted later are collected
by a run inside the run that collected the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from dlex.course import Exercise
from dlex.grading.attempt import Attempt
from dlex.grading.plugin import Grader, Plugin
from dlex.grading.replay import Replay


class Collected:
    """What a session needs of a plugin, from as many as there are."""

    def __init__(self):
        self.graders: dict[str, Grader] = {}
        self._owners: dict[str, Plugin] = {}

    def add(self, plugin: Plugin) -> None:
        """Take in the graders of one more run."""
        self.graders |= plugin.graders
        self._owners |= dict.fromkeys(plugin.graders, plugin)

    def lacking(self, exercises: Iterable[Exercise]) -> list[Exercise]:
        """Those whose graders nobody has collected yet."""
        return [exercise for exercise in exercises if exercise.id not in self.graders]

    def run(self, grader: Grader, attempt: Attempt, stop_at_failure: bool = False) -> dict[str, Replay]:
        """As `Plugin.run`, by the plugin that collected the grader."""
        return self._owners[grader.exercise.id].run(grader, attempt, stop_at_failure)
