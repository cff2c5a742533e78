"""What a learner's code shows, made harmless: text and pictures, no HTML, no script."""

from __future__ import annotations

import re

from nbformat import NotebookNode, v4

from dlex.results.text import plain

PICTURES = ("image/png", "image/jpeg", "image/gif")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
LIMIT = 100_000


def picture(kind: str, data: object) -> bool:
    """Whether this is a picture of a kind that cannot hold a script, in base 64."""
    return kind in PICTURES and isinstance(data, str) and bool(_BASE64.fullmatch(data))


def harmless(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs of a cell that a kernel ran, with what no browser takes for anything but text."""
    return [made for output in outputs if (made := _harmless(output)) is not None]


def _harmless(output: NotebookNode) -> NotebookNode | None:
    kind = output.output_type
    if kind == "stream":
        name = "stderr" if output.name == "stderr" else "stdout"
        return v4.new_output("stream", name=name, text=plain(str(output.text), LIMIT))
    if kind == "error":
        trace = [plain(str(line), LIMIT) for line in output.traceback]
        return v4.new_output(
            "error", ename=plain(str(output.ename), 200), evalue=plain(str(output.evalue)), traceback=trace
        )
    data = {key: value for key, value in output.get("data", {}).items() if picture(key, value)}
    if isinstance(text := output.get("data", {}).get("text/plain"), str):
        data["text/plain"] = plain(text, LIMIT)
    return v4.new_output(kind, data=data) if data else None
