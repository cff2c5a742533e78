"""How the zygote is started: isolation levels, what a worker may read, the bubblewrap command.

A worker may read the standard library, site-packages and the system's shared libraries, wherever
they are (virtual environment, pyenv under a home directory, Debian's python). Of dlex itself it
sees this package only; a course that lies below one of those folders is masked.
"""

from __future__ import annotations

import glob
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlex.errors import MachineError
from dlex.language import _

PACKAGE = Path(__file__).resolve().parent.parent
VISIBLE_PARTS = ("__init__.py", "worker")  # of PACKAGE
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
PROCESSORS = ("/proc/cpuinfo", "/sys/devices/system/cpu")  # torch picks its kernels by them
SYSTEM_FILES = (
    "/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/null", "/dev/zero", "/dev/urandom", *PROCESSORS
)  # fmt: skip
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
GPU_DEVICES = "/dev/nvidia*"
GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH")
NAMESPACES = (
    "--unshare-all --die-with-parent --new-session --cap-drop ALL --uid 65534 --gid 65534 "
    "--hostname dlex --clearenv"
).split()
SCRATCH = 64 << 20  # of /tmp, where a program wants to write
START = "import sys; sys.path[:] = {path!r}; from dlex.worker import zygote; zygote.main({fd}, {settings!r})"


@dataclass(frozen=True)
class Isolation:
    """The level that a machine reaches, and for each higher one why it does not."""

    level: int
    missing: dict[int, str]


def probe() -> Isolation:
    """Find the highest isolation level that works here, by trying each."""
    missing = {level: problem for level, problem in ((1, _no_level_1()), (2, _no_bubblewrap())) if problem}
    if 1 in missing:
        missing.setdefault(2, missing[1])
    return Isolation(max(level for level in (0, 1, 2) if level not in missing), missing)


def require(wanted: int | None) -> Isolation:
    """The level to use: the best one, or exactly `wanted`. MachineError if it cannot be had."""
    if sys.platform != "linux":
        raise MachineError(
            _("dlex runs submissions on Linux only"),
            _("On macOS and Windows, use a container or WSL 2."),
        )
    found = probe()
    if wanted is None:
        return found
    if wanted in found.missing:
        raise MachineError(
            _("isolation level {level} is not available on this machine: {reason}").format(
                level=wanted, reason=found.missing[wanted]
            ),
            _(
                "Level {level} is: run again with --isolation {level}, "
                "or see `dlex doctor` for what is missing."
            ).format(level=found.level),
        )
    return Isolation(wanted, found.missing)


def environment(gpu: str) -> dict[str, str]:
    """The variables of a zygote. With a GPU, those that say which one this process may see as well."""
    names = GPU_VARIABLES if gpu else ()
    return ENVIRONMENT | {name: os.environ[name] for name in names if name in os.environ}


def command(level: int, settings: str, descriptor: int, masked: list[Path], gpu: str = "") -> list[str]:
    """The command line of a zygote that inherits `descriptor` as its control socket."""
    code = START.format(path=python_path(), fd=descriptor, settings=settings)
    python = [_interpreter(), "-I", "-c", code]
    if level < 2:
        return python
    devices = sorted(glob.glob(GPU_DEVICES)) if gpu else ()
    return [*_bubblewrap(masked, environment=environment(gpu), devices=devices), "--", *python]


def confine(
    code: str, arguments: list[str], writable: list[Path], folder: Path, variables: dict[str, str]
) -> list[str]:
    """The command line of a Python inside bubblewrap that may write to some folders and starts in one."""
    python = [_interpreter(), "-I", "-c", code, *arguments]
    environment = ENVIRONMENT | variables
    return [*_bubblewrap([], writable, str(folder), environment, SCRATCH), "--", *python]


def readable(masked: list[Path]) -> tuple[list[str], list[str]]:
    """What Landlock lets a worker read: files below the first list, names below the second."""
    files = [*SYSTEM_LIBRARIES, *SYSTEM_FILES, *(str(PACKAGE / part) for part in VISIBLE_PARTS)]
    folders = [*SYSTEM_LIBRARIES, str(PACKAGE / "worker")]
    hidden = {PACKAGE, *masked}
    for folder in _libraries():
        folders.append(str(folder))
        files += _entries(folder, hidden) if folder.is_dir() else []
    if any(_inside(path, Path(library)) for path in hidden for library in SYSTEM_LIBRARIES):
        # a course or dlex itself below /usr/lib: list what may be read instead of the whole
        files = [path for path in files if path not in SYSTEM_LIBRARIES]
        for library in {Path(library).resolve() for library in SYSTEM_LIBRARIES}:
            files += _entries(library, hidden) if library.is_dir() else []
    return files, folders


def _entries(folder: Path, hidden: set[Path]) -> list[str]:
    """The entries of a folder, going down only where something hidden lies below."""
    found: list[str] = []
    for entry in folder.iterdir():
        if entry.resolve() in hidden:
            continue
        if entry.is_dir() and any(_inside(path, entry.resolve()) for path in hidden):
            found += _entries(entry, hidden)
        else:
            found.append(str(entry))
    return found


def _inside(path: Path, folder: Path) -> bool:
    return folder in path.parents


def _interpreter() -> str:
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _libraries() -> list[Path]:
    """The standard library and every site-packages folder that this process imports from."""
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    sites = {*site.getsitepackages(), site.getusersitepackages()} & set(sys.path)
    sites |= {path for path in sys.path if path.endswith(("site-packages", "dist-packages"))}
    return [Path(path) for path in sorted(standard | sites) if os.path.isdir(path)]


def python_path() -> list[str]:
    """Where a confined Python imports from."""
    standard = [path for path in sys.path if path.startswith(sys.base_prefix)]
    libraries = [str(path) for path in _libraries()]
    return list(dict.fromkeys([*standard, *libraries, str(PACKAGE.parent)]))


def _bubblewrap(
    masked: list[Path],
    writable: Sequence[Path] = (),
    start: str = "/tmp",
    environment: dict[str, str] = ENVIRONMENT,
    scratch: int = 1 << 20,
    devices: Sequence[str] = (),
) -> list[str]:
    """bubblewrap and its options; `start` is its working folder, `scratch` the size of /tmp in bytes,
    `devices` are files of /dev to let in."""
    arguments = ["bwrap", *NAMESPACES]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    arguments += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            arguments += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            arguments += ["--ro-bind", f"/{name}", f"/{name}"]
    for path in ("/etc/ld.so.cache", PROCESSORS[1]):
        arguments += ["--ro-bind-try", path, path]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--size", str(scratch), "--tmpfs", "/tmp"]
    for path in devices:
        arguments += ["--dev-bind", path, path]
    bound = [Path("/usr")]
    for folder in (Path(_interpreter()).parent.parent, *_libraries()):
        if not any(_inside(folder, other) or folder == other for other in bound):
            arguments += ["--ro-bind", str(folder), str(folder)]
            bound.append(folder)
    for folder in (PACKAGE, *masked):
        if any(_inside(folder, other) for other in bound):
            arguments += ["--tmpfs", str(folder)]
    for part in VISIBLE_PARTS:
        arguments += ["--ro-bind", str(PACKAGE / part), str(PACKAGE / part)]
    for place in writable:
        arguments += ["--bind", str(place), str(place)]
    return [*arguments, "--chdir", start, "--remount-ro", "/"]


def _no_level_1() -> str | None:
    if sys.platform != "linux":
        return _("it needs Linux (Landlock and seccomp)")
    try:
        from py_landlock import landlock_sys

        landlock_sys.get_abi_version()
    except Exception as error:
        return _("Landlock does not work here ({error})").format(error=error)
    try:
        import pyseccomp

        pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    except Exception as error:
        told = _("libseccomp does not work here ({error}); install the package libseccomp2")
        return told.format(error=error)
    return None


def _no_bubblewrap() -> str | None:
    if shutil.which("bwrap") is None:
        return _("bubblewrap is not installed; install the package bubblewrap")
    trial = [
        "bwrap",
        *NAMESPACES,
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--",
        "/bin/true",
    ]
    try:
        done = subprocess.run(trial, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _("bubblewrap does not start ({error})").format(error=error)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [_("exit code {code}").format(code=done.returncode)]
        return _("bubblewrap cannot make its namespaces here ({reason})").format(reason=reason[0])
    return None
