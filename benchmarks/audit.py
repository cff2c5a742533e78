"""The whole course audited at many seeds, block by block; what is measured is written down at once.

    python benchmarks/audit.py --seeds 200 --mutant-seeds 2

An interrupted run goes on where it stopped, as long as the course is the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path

from dlex.audit.records import Audit, ExerciseAudit
from dlex.audit.run import audit
from dlex.course import read_course

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "audit.json"
COUNTS = {"mutants_wrong": "wrong", "mutants_rejected": "rejected"}


def main() -> None:
    options = arguments()
    course = read_course(ROOT)
    results = so_far(options.out, course.hash)
    for seeds, with_mutants in blocks(results, options):
        for exercise in course.exercises:  # one after the other, so that little is lost
            if set(seeds) <= set(results["exercises"].get(exercise.id, {}).get("seeds", [])):
                continue
            found = audit(course, [exercise], seeds=seeds, jobs=options.jobs, with_mutants=with_mutants)
            add(results, found, with_mutants)
            options.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        print(summary(results), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--mutant-seeds", type=int, default=2)
    parser.add_argument("--block", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def so_far(path: Path, course_hash: str) -> dict:
    """What an earlier run of the same course measured, or an empty record."""
    known = json.loads(path.read_text()) if path.exists() else {}
    if known.get("course_hash") == course_hash:
        return known
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"machine": machine, "course_hash": course_hash, "exercises": {}}


def blocks(results: dict, options: argparse.Namespace) -> list[tuple[list[int], bool]]:
    """Seeds to audit together, and whether with mutants: those come first."""
    first = options.mutant_seeds
    found = [(list(range(first)), True)] if first else []
    for start in range(first, options.seeds, options.block):
        found.append((list(range(start, min(start + options.block, options.seeds))), False))
    return found


def add(results: dict, found: Audit, with_mutants: bool) -> None:
    """Count a block in."""
    exercise = found.exercises[0]
    known = results["exercises"].setdefault(exercise.id, fresh(exercise))
    known["seeds"] = sorted({*known["seeds"], *exercise.seeds})
    known["problems"] += [{"seeds": p.seeds, "message": p.message} for p in found.all_problems]
    known["seconds"] = round(known["seconds"] + exercise.seconds, 1)
    if with_mutants:
        known["mutant_seeds"] = exercise.seeds
        known["mutants"] = len(exercise.mutants)
        known["mutants_equivalent"] = len(exercise.of_fate("equivalent"))
        known |= {name: getattr(exercise, field) for name, field in COUNTS.items()}
        known["survivors"] = [mutant.diff for mutant in exercise.of_fate("survived")]


def fresh(exercise: ExerciseAudit) -> dict:
    """The record of an exercise before its first block."""
    counts = {name: getattr(exercise, name) for name in ("checks", "points", "variants", "mistakes")}
    return counts | {"seeds": [], "problems": [], "seconds": 0.0}


def summary(results: dict) -> str:
    """One line per exercise."""
    return "\n".join(
        f"{name:30} {len(one['seeds']):4} seeds  {len(one['problems']):3} problems  "
        f"{one.get('mutants_rejected', 0)} of {one.get('mutants_wrong', 0)} wrong mutants rejected  "
        f"{one['seconds']:,.0f} s"
        for name, one in results["exercises"].items()
    )


if __name__ == "__main__":
    main()
