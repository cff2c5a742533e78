"""Output formats: a table, and one call that writes the files of any number of formats.

Every format is a module with `write(results, out) -> paths`. What reaches it has been made harmless and,
for learners, redacted; how text is escaped, is the format's own affair.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from dlex.errors import UsageError
from dlex.results.feedback import for_learner
from dlex.results.formats.harmless import harmless
from dlex.results.records import SubmissionResult

Audience = Literal["learner", "instructor"]
Results = Callable[[], Iterable[SubmissionResult]]


@dataclass(frozen=True)
class Format:
    """A module of this package, the files it writes, and who reads them unless told otherwise."""

    module: str
    files: str
    audience: Audience


FORMATS = {
    "jsonl": Format("json_lines", "results.jsonl", "instructor"),
    "csv": Format("csv_table", "scores.csv", "instructor"),
    "junit": Format("junit", "junit.xml", "learner"),
    "gradescope": Format("gradescope", "results.json or NAME.gradescope.json", "learner"),
    "github": Format("github", "annotations.txt and summary.md", "learner"),
    "markdown": Format("markdown", "NAME.report.md", "learner"),
}


def write(
    formats: Iterable[str], results: Results, out: Path, audience: Audience | None = None
) -> list[Path]:
    """Write results in every format into the folder `out`; returns the files, in the order of writing.

    Args:
        formats: names from FORMATS; one named twice is written once.
        results: gives the same results in the same order whenever it is called; each is read, written
            and forgotten.
        audience: "learner" redacts hidden checks, "instructor" leaves them whole; what FORMATS says,
            if left out.

    Raises:
        UsageError: a format does not exist, or `out` cannot be a folder; nothing was written.
    """
    chosen = [find(name) for name in dict.fromkeys(formats)]
    _make_folder(out)
    paths = []
    for format in chosen:
        module = importlib.import_module(f"{__name__}.{format.module}")
        paths += module.write(partial(_prepared, results, audience or format.audience), out)
    return paths


def find(name: str) -> Format:
    """A format by its name. UsageError if there is none."""
    if name not in FORMATS:
        raise UsageError(f"no format is called {name!r}", f"There are {', '.join(FORMATS)}.")
    return FORMATS[name]


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be a folder: {error.strerror}", "Give another --out.") from None


def _prepared(results: Results, audience: Audience) -> Iterator[SubmissionResult]:
    for result in map(harmless, results()):
        yield for_learner(result) if audience == "learner" else result
