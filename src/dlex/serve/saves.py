"""Files that are saved, however an editor does it: in place, in two steps, by rename, by deleting first.

What the system tells of wakes this up; what is told on is what differs from the last look. So nothing is
lost while a folder is made anew, or where the system tells nothing, as of some network folders.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchfiles import watch

STEP = 20  # ms without a change, after which a save counts as complete
LONGEST = 200  # ms of changes, after which they are told all the same
LOOK = 1000  # ms between looks if the system tells of nothing

Stamp = tuple[int, ...]


class Saves:
    """Tells which of some files were saved, made or deleted since this was made, from a thread of its own;
    and of every other `.py` that is saved beside them, to `stray`, where the system tells of it."""

    def __init__(
        self,
        paths: Iterable[Path],
        tell: Callable[[Path], None],
        stray: Callable[[Path], None] = lambda path: None,
    ):
        self._paths = {Path(os.path.abspath(path)): path for path in paths}
        self._tell, self._stray = tell, stray
        self._strays: dict[Path, Stamp] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._known = self._stamps()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            for changed in self._changes():
                before, self._known = self._known, self._stamps()
                for path, stamp in self._known.items():
                    if path in changed or stamp != before[path]:
                        self._tell(self._paths[path])
                self._tell_of_strays(changed - self._known.keys())

    def _tell_of_strays(self, changed: Iterable[Path]) -> None:
        """Once for each save, which may be several changes."""
        for path in changed:
            visible = path.suffix == ".py" and not path.name.startswith(".")
            if visible and path.is_file() and (stamp := _stamp(path)) != self._strays.get(path):
                self._strays[path] = stamp
                self._stray(path)

    def _changes(self) -> Iterator[set[Path]]:
        """What changes in the folders of the files, and nothing every now and then, until a folder is not
        what it was."""
        folders = self._folders()
        options = {"step": STEP, "debounce": LONGEST, "stop_event": self._over, "watch_filter": None}
        options |= {"rust_timeout": LOOK, "yield_on_timeout": True, "raise_interrupt": False}
        try:
            for changes in watch(*folders, **options, recursive=False) if folders else ():
                changed = {Path(path) for _change, path in changes}
                yield changed
                if changed & folders.keys() or self._folders() != folders:
                    return
        except OSError:  # a folder vanished while its watch was set up
            pass
        self._over.wait(STEP / 1000 if folders else LOOK / 1000)
        yield set()

    def _folders(self) -> dict[Path, Stamp | None]:
        """The folders that are there, each with what tells it from another of its name."""
        folders = {path.parent: _stamp(path.parent) for path in self._paths}
        return {folder: stamp[:2] for folder, stamp in folders.items() if stamp is not None}

    def _stamps(self) -> dict[Path, Stamp | None]:
        return {path: _stamp(path) for path in self._paths}


def _stamp(path: Path) -> Stamp | None:
    """What changes whenever a file does; None if there is none."""
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns
