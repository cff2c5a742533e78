"""What this machine has and lacks, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from dataclasses import dataclass

from dlex import devices
from dlex.errors import DlexError
from dlex.language import N_, _

EXTRAS = {  # package: who needs it
    "nbgrader": N_('Only instructors who grade notebooks need it: pip install "dlex[nbgrader]"'),
    "matplotlib": N_('Only pictures in notebooks and in files need it: pip install "dlex[plot]"'),
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
    return [_python(), _torch(), *_isolation(), _worker(), *_gpu(), *map(_extra, EXTRAS)]


def _python() -> Finding:
    told = _("{version} on {system}")
    system = f"{platform.system()} {platform.release()}"
    return Finding("Python", "ok", told.format(version=platform.python_version(), system=system))


def _torch() -> Finding:
    try:
        return Finding("torch", "ok", importlib.metadata.version("torch"))
    except importlib.metadata.PackageNotFoundError:
        return Finding("torch", "broken", _("not installed"), "pip install torch")


def _isolation() -> list[Finding]:
    from dlex.worker import sandbox

    found = sandbox.probe()
    names = {
        2: _("isolation 2 (bubblewrap)"),
        1: _("isolation 1 (Landlock, seccomp)"),
        0: _("isolation 0 (own process)"),
    }
    rows = []
    for level, name in names.items():
        if level in found.missing:
            rows.append(Finding(name, "lacks", _("not available"), found.missing[level]))
        else:
            told = _("works, used by default") if level == found.level else _("works")
            rows.append(Finding(name, "ok", told))
    if found.level == 0:
        advice = _("Your own code is as safe as when you run it yourself; do not grade other people's here.")
        told = _("submissions can read your files")
        rows.append(Finding(_("grading others"), "lacks", told, advice))
    return rows


def _worker(gpu: str = "") -> Finding:
    """Fork a worker for real, with a context on a GPU if one is named, and have it run something."""
    from dlex.worker import sandbox, wire
    from dlex.worker.client import Budget, WorkerDied, ZygoteDied
    from dlex.worker.launcher import Zygote

    what = _("worker on {gpu}").format(gpu=gpu) if gpu else _("worker")
    zygote = Zygote(sandbox.probe().level, [], gpu)
    budget = Budget(20, 60, 2 << 30, 1 << 10)
    began = time.monotonic()
    try:
        budget.start_check()
        worker = zygote.fork(budget)
        warm = time.monotonic()
        source = b"import torch\ndef double(x):\n    return 2 * torch.tensor(x)\n"
        worker.call(wire.encode(wire.Load(source, "doctor.py", gpu=gpu)))
        reply = worker.call(wire.encode(wire.Call("double", [21], {})))
        answered = time.monotonic() - warm
        worker.kill()
        if not isinstance(reply.value, wire.Tensor):
            answer = reply.error or repr(reply.value)
            return Finding(what, "broken", _("it answered {answer}").format(answer=answer))
    except (DlexError, WorkerDied, ZygoteDied) as error:
        return Finding(what, "broken", str(error))
    finally:
        zygote.close()
    told = _("started in {start:.1f} s, answered in {answer:.0f} ms")
    return Finding(what, "ok", told.format(start=warm - began, answer=answered * 1000))


def _gpu() -> list[Finding]:
    """What there is and, where that will do, whether a worker can use it inside its walls."""
    gpus = devices.probe()
    if gpus.missing:
        return [Finding("GPU", "lacks", _("none: {reason}").format(reason=gpus.missing), gpus.advice)]
    told = ", ".join(
        _("cuda:{index} is {name}, {free:,} MB free").format(index=i, name=gpu.name, free=gpu.free >> 20)
        for i, gpu in enumerate(gpus.found)
    )
    usable = [f"cuda:{i}" for i, gpu in enumerate(gpus.found) if gpu.free >= devices.NEEDED]
    if not usable:
        advice = _("A worker and its spare need {size} MB: see nvidia-smi.").format(size=devices.NEEDED >> 20)
        return [Finding("GPU", "lacks", told, advice)]
    return [Finding("GPU", "ok", told), _worker(usable[0])]


def _extra(package: str) -> Finding:
    try:
        return Finding(package, "ok", importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return Finding(package, "lacks", _("not installed"), _(EXTRAS[package]))
