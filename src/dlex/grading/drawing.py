"""How hypothesis draws for graders: each example by itself, from the seed alone.

Of its own accord hypothesis makes most examples by varying a few, and takes numbers out of the modules
that happen to be loaded. That serves a long search for crashes. A grader has few examples, so they
should have nothing in common, and be the same wherever they are drawn.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture.providers import (
    AVAILABLE_PROVIDERS,
    COLLECTION_DEFAULT_MAX_SIZE,
    HypothesisProvider,
)

MAX_EXAMPLES = 60
PROFILE = "dlex"


class Independent(HypothesisProvider):
    """Draws from a range evenly. Hypothesis leaves the examples of a backend that is not its own alone."""

    def draw_integer(self, min_value=None, max_value=None, *, weights=None, shrink_towards=0) -> int:
        if None in (min_value, max_value) or weights is not None:
            return super().draw_integer(min_value, max_value, weights=weights, shrink_towards=shrink_towards)
        return self._random.randint(min_value, max_value)

    def draw_bytes(self, min_size=0, max_size=COLLECTION_DEFAULT_MAX_SIZE) -> bytes:
        if min_size != max_size:
            return super().draw_bytes(min_size, max_size)
        return self._random.randbytes(min_size)  # the entries of a tensor, at once

    def _maybe_draw_constant(self, *_args, **_kwargs) -> None:
        """No numbers from modules that are loaded."""


AVAILABLE_PROVIDERS[PROFILE] = Independent
settings.register_profile(
    PROFILE,
    backend=PROFILE,
    deadline=None,
    database=None,
    max_examples=MAX_EXAMPLES,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,
)


def load() -> None:
    """Let hypothesis draw this way from now on."""
    settings.load_profile(PROFILE)
