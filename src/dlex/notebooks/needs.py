"""nbgrader is an extra: what needs it says so."""

from __future__ import annotations

import importlib.util

from dlex.errors import MachineError


def require_nbgrader() -> None:
    """MachineError if nbgrader is not installed."""
    if importlib.util.find_spec("nbgrader") is None:
        raise MachineError("nbgrader is not installed", "Install it: pip install 'dlex[nbgrader]'")
