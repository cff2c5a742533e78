"""What changed from one attempt at an exercise to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dlex.results.records import prominence
from dlex.workspace.history import Attempt, Check


@dataclass(frozen=True)
class Step:
    """An attempt, the titles of the checks that began and ceased to pass with it, and the names of the
    mistakes that it makes. `first`: there is nothing to compare it with."""

    attempt: Attempt
    gained: list[str]
    lost: list[str]
    mistakes: list[str]
    first: bool


def steps(attempts: list[Attempt]) -> list[Step]:
    """The attempts at one exercise, each compared with what was known of its checks before."""
    known: dict[tuple[str, int], bool] = {}
    found = []
    for attempt in attempts:
        now = {key: (check.title, check.outcome == "passed") for key, check in _keyed(attempt)}
        gained = [title for key, (title, passed) in now.items() if passed and known.get(key) is False]
        lost = [title for key, (title, passed) in now.items() if not passed and known.get(key) is True]
        mistakes = list(dict.fromkeys(check.mistake.name for check in attempt.checks if check.mistake))
        found.append(Step(attempt, gained, lost, mistakes, not known))
        known |= {key: passed for key, (_title, passed) in now.items()}
    return found


def _keyed(attempt: Attempt) -> Iterator[tuple[tuple[str, int], Check]]:
    """The checks that are worth points, those that say most first, each with a key of its own: where names
    are withheld, place tells them apart."""
    count: Counter[str] = Counter()
    for check in sorted(attempt.checks, key=lambda each: prominence(each.name, each.hidden, each.max_points)):
        count[check.name] += 1
        if check.max_points:
            yield (check.name, count[check.name]), check
