"""The whole course audited at many seeds, block by block; what is measured is written down at once.

    python benchmarks/audit.py --seeds 200 --mistake-seeds 20 --mutant-seeds 2

Right answers are run at all seeds, the known mistakes at the first `--mistake-seeds` of them, mutants
at the first `--mutant-seeds`: a seed with mutants takes ten times as long as one without.
An interrupted run goes on where it stopped; an exercise whose code has changed starts again, and all do
if their examples are drawn in another way.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from dlex.audit import Depth
from dlex.audit.records import Audit, ExerciseAudit
from dlex.audit.run import audit
from dlex.course import CONTENT, Course, Exercise, read_course

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "audit.json"
DRAWS = [ROOT / "src" / "dlex" / "grading" / f"{name}.py" for name in ("drawing", "strategies", "contract")]
HAVE_DOCSTRINGS = ast.Module, ast.ClassDef, ast.FunctionDef


def main() -> None:
    options = arguments()
    course = read_course(ROOT)
    chosen = [exercise for exercise in course.exercises if exercise.id in (options.only or [exercise.id])]
    results = so_far(options.out, course)
    for seeds, depth in blocks(options):
        for exercise in chosen:  # one after the other, so that little is lost
            left = [seed for seed in seeds if seed not in done(results, exercise, depth)]
            if not left:
                continue
            found = audit(course, [exercise], seeds=left, jobs=options.jobs, depth=depth)
            add(results, found, depth, digest(exercise))
            options.out.write_text(written(results))
        print(summary(results), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="ids, like ch03/softmax; all if left out")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--mistake-seeds", type=int, default=20)
    parser.add_argument("--mutant-seeds", type=int, default=2)
    parser.add_argument("--block", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


def so_far(path: Path, course: Course) -> dict:
    """What an earlier run measured, of the exercises that are still the same."""
    known = json.loads(path.read_text()).get("exercises", {}) if path.exists() else {}
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    kept = {e.id: known[e.id] for e in course.exercises if known.get(e.id, {}).get("files") == digest(e)}
    return {"machine": machine, "exercises": kept}


def digest(exercise: Exercise) -> str:
    """Identifies an exercise's files and variants, and how its examples are drawn; words may change."""
    variants = sorted((ROOT / "tests" / "variants" / exercise.id).glob("*.py"))
    paths = [*DRAWS, *(exercise.path(folder) for folder in CONTENT), *variants]
    return hashlib.sha256("\0".join(map(without_words, paths)).encode()).hexdigest()[:16]


def without_words(path: Path) -> str:
    """A Python file's code, without comments, docstrings and the sentences that decorators are given."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, HAVE_DOCSTRINGS) and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""
        for decorator in getattr(node, "decorator_list", []):
            for text in filter(is_sentence, ast.walk(decorator)):
                text.value = ""
    return ast.unparse(tree)


def is_sentence(node: ast.AST) -> bool:
    """Whether this is a text for people: no name has a space."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def blocks(options: argparse.Namespace) -> Iterator[tuple[list[int], Depth]]:
    """Seeds to audit together, and how deep; what takes longest comes first."""
    ends = (
        (options.mutant_seeds, Depth()),
        (options.mistake_seeds, Depth(mutants=False)),
        (options.seeds, Depth(mistakes=False, mutants=False)),
    )
    start = 0
    for end, depth in ends:
        while start < end:
            stop = min(start + options.block, end)
            yield list(range(start, stop)), depth
            start = stop


def done(results: dict, exercise: Exercise, depth: Depth) -> list[int]:
    """The seeds at which an exercise was audited that deep."""
    reach = "mutant_seeds" if depth.mutants else "mistake_seeds" if depth.mistakes else "seeds"
    return results["exercises"].get(exercise.id, {}).get(reach, [])


def add(results: dict, found: Audit, depth: Depth, files: str) -> None:
    """Count a block in."""
    exercise = found.exercises[0]
    known = results["exercises"].setdefault(exercise.id, fresh(exercise) | {"files": files})
    reached = {"seeds": True, "mistake_seeds": depth.mistakes, "mutant_seeds": depth.mutants}
    for reach, so_deep in reached.items():
        if so_deep:  # also at seeds that were audited less deep before
            known[reach] = sorted({*known[reach], *exercise.seeds})
    known["problems"] += [
        {"seeds": p.seeds, "file": os.path.relpath(p.file, ROOT), "message": p.message, "detail": p.detail}
        for p in found.all_problems
    ]
    known["seconds"] = round(known["seconds"] + exercise.seconds, 1)
    if depth.mutants:
        known["mutants"] = len(exercise.mutants)
        known["mutants_equivalent"] = len(exercise.of_fate("equivalent"))
        known["mutants_wrong"] += exercise.wrong
        known["mutants_rejected"] += exercise.rejected
        known["survivors"] += [mutant.diff for mutant in exercise.of_fate("survived")]


def fresh(exercise: ExerciseAudit) -> dict:
    """The record of an exercise before its first block."""
    counts = {name: getattr(exercise, name) for name in ("checks", "points", "variants", "mistakes")}
    lists = ("seeds", "mistake_seeds", "mutant_seeds", "problems", "survivors")
    zeros = {"seconds": 0.0, "mutants_wrong": 0, "mutants_rejected": 0}
    return counts | {name: [] for name in lists} | zeros


def written(results: dict) -> str:
    """The results as JSON, with each list of seeds on a line of its own."""
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    return re.sub(r"\[\n\s+(\d[\d,\s]*\d|\d)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)


def summary(results: dict) -> str:
    """One line per exercise."""
    return "\n".join(
        f"{name:28} {len(one['seeds']):4} seeds, {len(one['mistake_seeds']):3} with mistakes  "
        f"{len(one['problems'])} problems  "
        f"{one['mutants_rejected']} of {one['mutants_wrong']} wrong mutants rejected  "
        f"{one['seconds']:,.0f} s"
        for name, one in results["exercises"].items()
    )


if __name__ == "__main__":
    main()
