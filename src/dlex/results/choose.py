"""Choose learners and exercises among those that a database holds, by words on a command line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

import msgspec

from dlex.errors import UsageError
from dlex.results.records import SubmissionResult
from dlex.results.text import plain


def narrowed(result: SubmissionResult, exercises: Iterable[str]) -> SubmissionResult | None:
    """The result with these exercises only, its score that of these alone; whole, if none are
    named; None if it has none of them."""
    if not exercises or not result.exercises:
        return result
    some = [exercise for exercise in result.exercises if exercise.id in exercises]
    if not some:
        return None
    lost = [exercise.message for exercise in some if exercise.status == "not_graded"]
    return msgspec.structs.replace(
        result,
        exercises=some,
        score=sum(exercise.score for exercise in some),
        max_score=sum(exercise.max_score for exercise in some),
        status="not_graded" if lost else "graded",
        reason=lost[0] if lost else "",
    )


def choose_exercises(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """The ids that the words name: an id, a short name or a chapter. UsageError for a stranger.

    >>> choose_exercises(["ch3", "lenet"], ["ch03/softmax", "ch06/lenet", "ch06/corr2d"])
    ['ch03/softmax', 'ch06/lenet']
    """
    found: dict[str, None] = {}
    for word in words:
        ids = [id for id in known if _canonical(word) in (id, *id.split("/"))]
        if not ids:
            raise _stranger("exercise", word, [*known, *(id.rpartition("/")[2] for id in known)])
        found.update(dict.fromkeys(ids))
    return list(found)


def choose_learners(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """The learners of these names, to the letter. UsageError for a stranger."""
    for word in words:
        if word not in known:
            raise _stranger("learner", word, known)
    return list(words)


def _canonical(word: str) -> str:
    """ch3, 3 and ch03 are one chapter."""
    match = re.fullmatch(r"(?:ch)?0*(\d+)(/.*)?", word.strip().lower())
    return f"ch{int(match[1]):02d}{match[2] or ''}" if match else word.strip()


def _stranger(what: str, word: str, known: Sequence[str]) -> UsageError:
    near = [plain(name, 60) for name in difflib.get_close_matches(word, known, n=3, cutoff=0.5)]
    advice = f"Did you mean {' or '.join(near)}?" if near else "`dlex results` shows what there is."
    return UsageError(f"no result of the {what} {plain(word, 60)!r}", advice)
