"""A submitted notebook, cleaned: cells with text, a grade id and pictures, and nothing else of it.

Outputs, metadata, widgets, raw HTML cells and whatever a format may hold tomorrow do not get past here.
"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode, v4

from dlex.batch.notebooks import Cell, Damaged, read_cells
from dlex.language import _
from dlex.notebooks.outputs import picture
from dlex.results.formats.markdown import fenced
from dlex.submission import read_source

MAX_CELLS = 2000


def read_submitted(path: Path) -> tuple[list[NotebookNode], str]:
    """The cells of a submitted notebook, and why there are none, "" if it could be read."""
    source = read_source(path, path.parent)
    if source.content is None:
        return [], source.problem
    try:
        cells = read_cells(path.name, source.content)
    except Damaged as damage:
        return [], str(damage)
    if len(cells) > MAX_CELLS:
        told = _("{name} has more than {most:,} cells: leave out what is not yours")
        return [], told.format(name=path.name, most=MAX_CELLS)
    return [_clean(cell, number) for number, cell in enumerate(cells, 1)], ""


def _clean(cell: Cell, number: int) -> NotebookNode:
    text = cell.text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    if cell.cell_type == "code":
        made = v4.new_code_cell(text)
    elif cell.cell_type == "raw":
        made = v4.new_markdown_cell(without_tags(fenced(text)))
    else:
        made = v4.new_markdown_cell(without_tags(text))
        if pictures := _attachments(cell.attachments):
            made.attachments = pictures
    made.id = f"cell-{number}"  # ids may be missing or double
    if cell.grade_id:
        made.metadata["nbgrader"] = NotebookNode(grade_id=cell.grade_id)
    return made


def without_tags(text: str) -> str:
    r"""Markdown that holds no HTML, for viewers that would show it as such; it looks the same.

    >>> ascii(without_tags("a<b, <b>, 1 < 2"))
    "'a<\\u2060b, <\\u2060b>, 1 < 2'"
    """
    return re.sub("<(?!https?://)(?=[A-Za-z/!?])", "<\u2060", text)


def _attachments(attachments: object) -> NotebookNode:
    """Pictures pasted into a text cell."""
    found = NotebookNode()
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        bundle = bundle if isinstance(bundle, dict) else {}
        if kept := {kind: data for kind, data in bundle.items() if picture(kind, data)}:
            found[name] = NotebookNode(kept)
    return found
