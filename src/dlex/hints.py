"""Which hint comes next: for what failed last, then from a question, to the idea, to the formula.

A step is written `mistake:wrong_axis`, `check:any_scores` or `1`, `2`, `3`; the history counts them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlex.results.records import prominence

if TYPE_CHECKING:
    from dlex.workspace.history import Attempt, Check


@dataclass(frozen=True)
class Hint:
    """One step. `about`: the mistake or check that it helps with; "" for a general one."""

    step: str
    text: str
    about: str = ""


def hints_for(general: list[str], latest: Attempt | None) -> list[Hint]:
    """All hints for an exercise in their order: those for the latest attempt first.

    A diagnosed mistake has its own hint, or none: its name says more than a hint of the check that it
    lost. A check that failed for no known reason has its own; hidden checks only once the visible ones
    are passed: before that, they fail for reasons that are in plain sight.
    """
    failed = [check for check in latest.checks if check.outcome != "passed"] if latest else []
    failed.sort(key=lambda check: prominence(check.name, check.hidden, check.max_points))
    steps = [*_of_checks(failed), *(Hint(str(number), text) for number, text in enumerate(general, 1))]
    once = {hint.text: hint for hint in reversed(steps)}
    return [hint for hint in steps if once[hint.text] is hint]


def _of_checks(failed: list[Check]) -> Iterator[Hint]:
    in_sight = any(not check.hidden and "[" not in check.name for check in failed)
    for check in failed:
        if check.mistake:
            if check.mistake.hint:
                yield Hint(f"mistake:{check.mistake.name}", check.mistake.hint, check.mistake.name)
        elif check.hint and not (check.hidden and in_sight):
            yield Hint(f"check:{check.name}", check.hint, check.title)


def next_hint(hints: list[Hint], seen: Collection[str]) -> Hint | None:
    """The first hint that was not shown yet; None if all were."""
    return next((hint for hint in hints if hint.step not in seen), None)
