"""How long a call takes on a GPU. A measurement, made where the submission runs: advice, never points."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from dlex.worker.gpu.driver import Driver

WARM_UPS = 2
REPEATS = 9
PATIENCE = 0.01  # seconds: what takes longer is not repeated, it would use up the submission's time


def nanoseconds(driver: Driver, prepare: Callable[[], Callable[[], object]]) -> int:
    """The median time of a call, after a warm-up, with a cold cache; 0 if there is none.

    `prepare` makes a call with fresh arguments. The random state is as it was before.
    """
    state = random.getstate()
    try:
        with driver.keeping_random_state(), driver.cold() as empty_cache:
            return _median(driver, prepare, empty_cache)
    except BaseException:  # an answer was given before: this changes nothing about it
        return 0
    finally:
        random.setstate(state)


def _median(driver: Driver, prepare: Callable[[], Callable[[], object]], empty_cache: Callable) -> int:
    for _ in range(WARM_UPS):
        began = time.monotonic()
        prepare()()
        driver.synchronize()
        if time.monotonic() - began > PATIENCE:
            return 0
    times = []
    for _ in range(REPEATS):
        call = prepare()
        empty_cache()
        times.append(driver.milliseconds(call))
    return round(statistics.median(times) * 1e6)
