"""One warm pool for all notebooks of a run; Jupyter's formgrader keeps it from run to run."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import NamedTuple

from dlex.batch.pool import Pool
from dlex.course import Course
from dlex.errors import MachineError


class _Wanted(NamedTuple):
    """What a pool is made for: if any of it changes, another one is needed."""

    course: Path
    hash: str
    exercises: tuple[str, ...]
    seed: int
    isolation: int | None
    jobs: int


_pools: dict[_Wanted, Pool] = {}  # one at most


def grader(course: Course, exercises: list[str], seed: int, isolation: int | None, jobs: int) -> Pool:
    """The pool that grades these exercises, started if it is not running yet.

    Raises:
        CourseError: a grader or a reference is broken.
        MachineError: the machine cannot isolate submissions, and nobody asked for level 0.
    """
    wanted = _Wanted(course.root, course.hash, tuple(exercises), seed, isolation, jobs)
    if wanted not in _pools:
        close()
        chosen = [exercise for exercise in course.exercises if exercise.id in exercises]
        pool = Pool(course, chosen, seed=seed, isolation=isolation, jobs=jobs).__enter__()
        _pools[wanted] = pool
        _refuse_level_0(pool, isolation)
    return _pools[wanted]


def close() -> None:
    """End the pool, if there is one."""
    for wanted in list(_pools):
        _pools.pop(wanted).__exit__()


def _refuse_level_0(pool: Pool, isolation: int | None) -> None:
    if pool.isolation == 0 and isolation is None:
        close()
        raise MachineError(
            "this machine offers isolation level 0 only: submissions could read the tests",
            "`dlex doctor` says what is missing; `c.Dlex.isolation = 0` grades all the same.",
        )


atexit.register(close)
