"""What this machine has and lacks, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from dataclasses import dataclass

from dlex import devices
from dlex.errors import DlexError

EXTRAS = {  # package: who needs it
    "nbgrader": 'Only instructors who grade notebooks need it: pip install "dlex[nbgrader]"',
    "matplotlib": 'Only pictures in notebooks and in files need it: pip install "dlex[plot]"',
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `state`: ok, lacks (dlex works without) or broken."""

    what: str
    state: str
    found: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything, trying rather than guessing."""
    return [_python(), _torch(), *_isolation(), _worker(), _gpu(), *map(_extra, EXTRAS)]


def _python() -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.release()}")


def _torch() -> Finding:
    try:
        return Finding("torch", "ok", importlib.metadata.version("torch"))
    except importlib.metadata.PackageNotFoundError:
        return Finding("torch", "broken", "not installed", "pip install torch")


def _isolation() -> list[Finding]:
    from dlex.worker import sandbox

    found = sandbox.probe()
    names = {
        2: "isolation 2 (bubblewrap)",
        1: "isolation 1 (Landlock, seccomp)",
        0: "isolation 0 (own process)",
    }
    rows = []
    for level, name in names.items():
        if level in found.missing:
            rows.append(Finding(name, "lacks", "not available", found.missing[level]))
        else:
            rows.append(Finding(name, "ok", "works" + (", used by default" if level == found.level else "")))
    if found.level == 0:
        advice = "Your own code is as safe as when you run it yourself; do not grade other people's here."
        rows.append(Finding("grading others", "lacks", "submissions can read your files", advice))
    return rows


def _worker() -> Finding:
    """Fork a worker for real, and have it run something."""
    from dlex.worker import sandbox, wire
    from dlex.worker.client import Budget, WorkerDied, Zygote, ZygoteDied

    zygote = Zygote(sandbox.probe().level, [])
    budget = Budget(20, 60, 2 << 30, 1 << 10)
    began = time.monotonic()
    try:
        budget.start_check()
        worker = zygote.fork(budget)
        warm = time.monotonic()
        source = b"import torch\ndef double(x):\n    return 2 * torch.tensor(x)\n"
        worker.call(wire.encode(wire.Load(source, "doctor.py")))
        reply = worker.call(wire.encode(wire.Call("double", [21], {})))
        answered = time.monotonic() - warm
        worker.kill()
        if not isinstance(reply.value, wire.Tensor):
            return Finding("worker", "broken", f"it answered {reply.error or reply.value!r}")
    except (DlexError, WorkerDied, ZygoteDied) as error:
        return Finding("worker", "broken", str(error))
    finally:
        zygote.close()
    return Finding("worker", "ok", f"started in {warm - began:.1f} s, answered in {answered * 1000:.0f} ms")


def _gpu() -> Finding:
    gpus = devices.probe()
    if gpus.missing:
        return Finding("GPU", "lacks", f"none: {gpus.missing}", gpus.advice)
    told = ", ".join(
        f"cuda:{i} is {gpu.name}, {gpu.free >> 20:,} MB free" for i, gpu in enumerate(gpus.found)
    )
    if all(gpu.free < devices.NEEDED for gpu in gpus.found):
        return Finding("GPU", "lacks", told, f"A worker needs {devices.NEEDED >> 20} MB: see nvidia-smi.")
    return Finding("GPU", "ok", told)


def _extra(package: str) -> Finding:
    try:
        return Finding(package, "ok", importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return Finding(package, "lacks", "not installed", EXTRAS[package])
