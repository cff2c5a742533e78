"""The report on a class, for those who teach it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from dlex.report import analysis
from dlex.report.classroom import read_classroom
from dlex.report.html import render
from dlex.report.measures import FEWEST
from dlex.results.store import Stored


def class_page(records: Iterable[Stored], *, source: str, members: list[str] | None = None) -> Iterator[str]:
    """The page about a class, in pieces. Nothing is held back: it is not for learners.

    Args:
        records: one result for each learner.
        source: says which results these are.
        members: who belongs to the class, where that is known; those without a result are listed.
    """
    room = read_classroom(records)
    known = {learner.name for learner in room.learners}
    return render(
        "class.html",
        script="script.js",
        language="en",
        room=room,
        title=", ".join(dict.fromkeys(room.courses.values())) or "No results",
        source=source,
        made=datetime.datetime.now().isoformat(" ", "minutes"),
        totals=analysis.totals(room),
        exercises=analysis.exercise_rows(room),
        checks=analysis.check_rows(room),
        mistakes=analysis.mistake_rows(room),
        failures=analysis.shared_failures(room),
        slowest=analysis.slowest(room),
        idle=[learner for learner in room.learners if learner.idle],
        lost=[learner for learner in room.learners if not learner.graded],
        roster=members is not None,
        absent=[name for name in members or [] if name not in known],
        fewest=FEWEST,
    )
