"""JSON Lines: one whole record per line, as `dlex.results.records.from_json` reads it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dlex.files import atomic
from dlex.results.formats import Results


def write(results: Results, out: Path) -> list[Path]:
    path = out / "results.jsonl"
    with atomic(path) as file:
        for result in results():
            file.write(msgspec.json.encode(result).decode() + "\n")
    return [path]
