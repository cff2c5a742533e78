"""What the solutions cost, at two sizes, beside the references: docs/operations.md.

    python benchmarks/operations.py          writes the table anew

The counts are exact and do not depend on the machine, only on torch's version.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import torch
from hypothesis import settings

from dlex.course import Course, Exercise, read_course
from dlex.grading.calls import Functions
from dlex.grading.checks import ATTRIBUTE
from dlex.grading.contract import Contract
from dlex.grading.mistakes import load_reference
from dlex.grading.oracle import Local
from dlex.grading.replay import freeze
from dlex.results.records import Efficiency

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "operations.md"
INTRODUCTION = """# What the solutions cost

Tensor operations that one call dispatches, at two sizes of its input: exact, the same on every machine,
written by `python benchmarks/operations.py` with torch {version}. A solution whose count is the same at both
sizes does not work entry by entry, row by row or step by step. FLOPs are those of products of matrices,
convolutions and attention; bytes are the most that new tensors held at one time.

| exercise | function | small | large | operations | reference | FLOPs | bytes |
|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    TABLE.write_text(table(read_course(ROOT)), encoding="utf-8")
    print(f"{TABLE.relative_to(ROOT)} is up to date")


def table(course: Course) -> str:
    """The whole document."""
    rows = [_row(exercise, *found) for exercise in course.exercises for found in measured(exercise)]
    return INTRODUCTION.format(version=torch.__version__.split("+")[0]) + "\n".join(rows) + "\n"


def measured(exercise: Exercise) -> Iterator[tuple[str, Efficiency]]:
    """Each function of an exercise whose operations are counted, and what its solution costs."""
    settings.load_profile("dlex")
    reference = load_reference(exercise)
    solution = vars(module_of(exercise, "solutions"))
    functions = {name: solution[name] for name in exercise.functions}
    for contract in vars(module_of(exercise, "graders")).values():
        if isinstance(contract, Contract) and contract.grow:
            clause = dict(contract.checks())["operations"]
            frozen = freeze("operations", getattr(clause, ATTRIBUTE), clause, reference, 0)
            (example,) = frozen.examples
            yield (
                contract.function,
                frozen.body(Functions(Local(functions)), frozen.oracle(), **example.drawn),
            )


def _row(exercise: Exercise, function: str, cost: Efficiency) -> str:
    small, large = cost.operations
    figures = [_pair(counts) for counts in (cost.operations, cost.reference, cost.flops, cost.peak_bytes)]
    return f"| {' | '.join([exercise.id, function, small, large, *figures])} |"


def _pair(counts: dict[str, int]) -> str:
    small, large = counts.values()
    return f"{small:,}" if small == large else f"{small:,} → {large:,}"


def module_of(exercise: Exercise, folder: str):
    path = exercise.path(folder)
    spec = importlib.util.spec_from_file_location(f"{folder}_{exercise.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
