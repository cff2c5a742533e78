"""Run the benchmarks named on the command line, or all, and write down what they measured."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("warm", "fork", "cold", "failure", "commands", "watch", "batch")
RESULTS = HERE / "results" / "engine.json"


def main(names: list[str]) -> None:
    sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results["machine"] = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        figures = load(name).measure()
        for what, value in figures.items():
            print(f"   {what:58} {value}", flush=True)
        results[name] = figures
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1:])
