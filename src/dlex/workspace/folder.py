"""Which folder is a workspace."""

from __future__ import annotations

from pathlib import Path

from dlex.errors import UsageError
from dlex.language import _

MARKER = ".dlex"


def find_workspace(start: Path | None = None) -> Path | None:
    """The workspace that `start` (the working directory, if left out) lies in, if it lies in one."""
    here = (start or Path.cwd()).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / MARKER).is_dir()), None)


def require_workspace(start: Path | None = None) -> Path:
    """The workspace; UsageError outside of one."""
    folder = find_workspace(start)
    if folder is None:
        raise UsageError(_("this folder is no workspace"), _("Make one: dlex init my-answers"))
    return folder
