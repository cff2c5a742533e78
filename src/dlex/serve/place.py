"""The folder where warm servers listen: nobody but its owner may enter it."""

from __future__ import annotations

import os
import socket
import stat
import struct
import tempfile
from pathlib import Path

from dlex.errors import MachineError
from dlex.language import _

CREDENTIALS = struct.Struct("3i")
SUFFIX = ".sock"
LONGEST = 60  # bytes of a folder's path: a socket's path has 107 at most


def folder() -> Path:
    """Where the folder is, or would be: below $XDG_RUNTIME_DIR, else in the temporary folder."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(os.fsencode(runtime)) <= LONGEST and not _problem(Path(runtime)):
        return Path(runtime) / "dlex"
    return Path(tempfile.gettempdir()) / f"dlex-{os.geteuid()}"


def trusted() -> Path | None:
    """The folder, if it is there and its owner's alone."""
    found = folder()
    return None if _problem(found) else found


def make() -> Path:
    """The folder, made if it is not there. MachineError if it is not ours alone."""
    made = folder()
    try:
        made.mkdir(mode=0o700, exist_ok=True)
        problem = _problem(made)
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        raise MachineError(
            _("a warm server cannot listen in {folder}: {problem}").format(folder=made, problem=problem),
            _("Remove that folder, or set $XDG_RUNTIME_DIR to a folder of your own."),
        )
    return made


def sockets() -> list[Path]:
    """The sockets of all warm servers of this user, dead ones included."""
    found = trusted()
    return sorted(found.glob(f"*{SUFFIX}")) if found else []


def peer(connection: socket.socket) -> tuple[int, int]:
    """The process and the user at the other end, as the kernel knows them."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    process, user, _group = CREDENTIALS.unpack(credentials)
    return process, user


def _problem(path: Path) -> str:
    """Why a folder cannot be trusted; "" if it can."""
    try:
        seen = os.lstat(path)
    except FileNotFoundError:
        return _("it does not exist")
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISDIR(seen.st_mode):
        return _("it is not a folder")
    if seen.st_uid != os.geteuid():
        return _("it belongs to another user")
    if seen.st_mode & 0o077:
        return _("others may enter it")
    return ""
