"""The files of a folder that was handed in. Links to folders are not followed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from dlex.batch.entries import MAX_DEPTH, Entry, Unreadable, leftover, one_line
from dlex.language import _
from dlex.submission import read_source

MAX_ENTRIES = 20_000


def walk(folder: Path, wanted: Callable[[str], bool]) -> list[Entry]:
    """The files below `folder`, sorted; those that are `wanted`, by path, can be read.

    Raises Unreadable for a folder that cannot be listed, is too deep or has too many files.
    """
    entries: list[Entry] = []
    for count, (path, is_folder) in enumerate(_below(folder)):
        if count >= MAX_ENTRIES:
            told = _("{folder} holds more than {most:,} files: hand in the answers alone")
            raise Unreadable(told.format(folder=folder.name, most=MAX_ENTRIES))
        shown = _shown(path.relative_to(folder))
        if wanted(shown):
            entries.append(Entry(shown, partial(read_source, path, folder)))
        elif not is_folder:
            entries.append(Entry(shown))
    return sorted(entries, key=lambda entry: entry.path)


def _below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Everything below `folder` that tools did not leave there, and whether it is a folder."""
    pending = [folder]
    while pending:
        current = pending.pop()
        if len(current.parts) - len(folder.parts) > MAX_DEPTH:
            told = _("{folder} has folders nested deeper than {most}: hand in the answers alone")
            raise Unreadable(told.format(folder=folder.name, most=MAX_DEPTH))
        for path, is_folder in _listed(current, folder):
            yield path, is_folder
            if is_folder:
                pending.append(path)


def _listed(current: Path, root: Path) -> Iterator[tuple[Path, bool]]:
    try:
        with os.scandir(current) as found:
            for item in found:
                if not leftover(item.name):
                    yield Path(item.path), item.is_dir(follow_symlinks=False)
    except OSError as error:
        name = _shown(current.relative_to(root.parent))
        told = _("the folder {name} cannot be read: {reason}. Make it readable, or hand it in again")
        raise Unreadable(told.format(name=name, reason=error.strerror)) from None


def _shown(path: Path) -> str:
    """A path as text; names that are no UTF-8 get replacement characters."""
    return "/".join(one_line(os.fsencode(part).decode("utf-8", "replace")) for part in path.parts)
