"""The commands that need no torch, against starting Python and importing click."""

from __future__ import annotations

import os
import sys
import tempfile

from common import CLI, ROOT, alternating, ms, run


def measure() -> dict[str, str]:
    figures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DLEX_COURSE": str(ROOT)}
        run([*CLI, "init"], cwd=folder, env=environment)

        def bare() -> None:
            run([sys.executable, "-c", "import click"])

        for name in ("--help", "list", "status", "hint softmax"):
            command = [*CLI, *name.split()]
            ours, python = alternating(7, lambda c=command: run(c, cwd=folder, env=environment), bare)
            figures[f"dlex {name}"] = f"{ms(ours)}, {ours / python:.1f} x python -c 'import click'"
    return figures
