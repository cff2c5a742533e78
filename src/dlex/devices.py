"""Which device to grade on: what was asked for, what there is, and what is missing. Imports no torch.

Whether there is a GPU is asked of another process: one that has touched CUDA cannot fork workers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dlex.errors import MachineError, UsageError
from dlex.language import _

NAME = re.compile(r"cpu|auto|cuda(?::(\d+))?")
NEEDED = 2 << 30  # bytes: a worker and the spare behind it have a context each, of half a gigabyte or so
DRIVER = Path("/proc/driver/nvidia/version")
SECONDS = 120
ASK = """
import json, torch
cuda = torch.cuda
print(json.dumps([[cuda.get_device_name(i), cuda.mem_get_info(i)[0]] for i in range(cuda.device_count())]))
"""


@dataclass(frozen=True)
class Gpu:
    """A GPU that can be used, with its free memory in bytes."""

    name: str
    free: int


@dataclass(frozen=True)
class Gpus:
    """The GPUs of this machine or, if there are none, why, and what to do about it."""

    found: tuple[Gpu, ...] = ()
    missing: str = ""
    advice: str = ""


def resolve(asked: str) -> str:
    """The device to grade on, "cpu" or "cuda:1", for what was asked for: "auto" takes what there is.

    Raises:
        UsageError: no device has this name.
        MachineError: it cannot be used here; says what is missing.
    """
    index = _index(asked)
    if asked == "cpu":
        return asked
    gpus = probe()
    if asked == "auto":
        return next((f"cuda:{i}" for i, gpu in enumerate(gpus.found) if gpu.free >= NEEDED), "cpu")
    return _usable(index, gpus)


def elsewhere(asked: str) -> str:
    """The device that workers of a cluster grade on, for what was asked for; they look for themselves.

    Raises:
        UsageError: no device has this name, or it depends on the machine.
    """
    index = _index(asked)
    if asked == "auto":
        told = _("the machines of a cluster are not alike")
        raise UsageError(told, _("Say --device cuda, or leave it out."))
    return asked if asked == "cpu" else f"cuda:{index}"


def _index(asked: str) -> int:
    named = NAME.fullmatch(asked)
    if named is None:
        told = _("there is no device {name}").format(name=repr(asked))
        raise UsageError(told, _("Devices are cpu, cuda, cuda:1 … and auto."))
    return int(named[1] or 0)


def _usable(index: int, gpus: Gpus) -> str:
    if gpus.missing:
        told = _("there is no GPU to grade on: {reason}").format(reason=gpus.missing)
        raise MachineError(told, gpus.advice)
    if index >= len(gpus.found):
        last = len(gpus.found) - 1
        raise MachineError(
            _("there is no cuda:{index}").format(index=index),
            _("The last GPU of this machine is cuda:{index}.").format(index=last),
        )
    gpu = gpus.found[index]
    if gpu.free < NEEDED:
        raise MachineError(
            _("cuda:{index} ({name}) has {free} MB free, and {needed} MB are needed").format(
                index=index, name=gpu.name, free=gpu.free >> 20, needed=NEEDED >> 20
            ),
            _("End what runs there (nvidia-smi lists it), or take another device: --device auto."),
        )
    return f"cuda:{index}"


def probe() -> Gpus:
    """Look for GPUs, step by step, so that it is clear what is missing."""
    if not _built_for_cuda():
        return Gpus(
            missing=_("this torch is built for the CPU only"),
            advice=_(
                "Install torch for CUDA as pytorch.org/get-started says. On the CPU, exercises are "
                "checked on a pretend GPU."
            ),
        )
    if not DRIVER.exists():
        return Gpus(missing=_("no NVIDIA driver is loaded"), advice=_("`nvidia-smi` should list a GPU."))
    try:
        names = _ask()
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        missing = _("torch cannot use the GPU ({error})").format(error=error)
        return Gpus(missing=missing, advice=_("Is the driver too old for torch?"))
    if not names:
        advice = _("CUDA_VISIBLE_DEVICES may hide it, or a container was started without it (--gpus all).")
        return Gpus(missing=_("torch sees no GPU"), advice=advice)
    return Gpus(tuple(Gpu(name, free) for name, free in names))


def _built_for_cuda() -> bool:
    """What torch/version.py says: importing torch takes seconds."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    try:
        text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda\b[^=]*=\s*['\"]", text, re.MULTILINE) is not None


def _ask() -> list[list]:
    """Name and free memory of each GPU, as torch sees them in another process."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, timeout=SECONDS, env=dict(os.environ)
    )
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or [_("it ended without a word")])[-1][:200])
    return json.loads(done.stdout)
