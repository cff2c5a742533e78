"""What `torch.cuda`, `torch.accelerator` and `torch.Generator` answer while there is a pretend GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import torch

NAME = "pretend GPU"
SHOWN = torch.device("cuda", 0)


class Generator(torch._C.Generator):
    """A generator that remembers the device it was made for; its numbers come from the CPU."""

    def __new__(cls, device: object = "cpu"):
        return super().__new__(cls)

    def __init__(self, device: object = "cpu"):
        self._on_gpu = is_gpu(device)

    @property
    def device(self) -> torch.device:
        return SHOWN if self._on_gpu else torch.device("cpu")


class Handed(torch._C.Generator):
    """A generator that the grader hands over. Nothing says which device it is for: it fits any."""


class Default:
    """The device that tensors are made on where none is named, as long as there is a pretend GPU."""

    on_gpu = False

    def put(self, device: object) -> None:
        self.on_gpu = is_gpu(device)

    def get(self) -> torch.device:
        return SHOWN if self.on_gpu else torch.device("cpu")


DEFAULT = Default()


def generator_fits(generator: torch._C.Generator, gpu: bool) -> bool:
    """Whether CUDA lets a generator draw for a tensor on the GPU (or on the CPU)."""
    return isinstance(generator, Handed) or getattr(generator, "_on_gpu", False) == gpu


def is_gpu(device: object) -> bool:
    """Whether something names the pretend GPU: "cuda", "cuda:0", 0, a torch.device."""
    if device is None or isinstance(device, bool):
        return False
    try:
        return torch.device("cuda", device).index == 0 if isinstance(device, int) else _names_gpu(device)
    except (RuntimeError, TypeError):
        return False


def _names_gpu(device: object) -> bool:
    named = torch.device(device)
    return named.type == "meta" or (named.type == "cuda" and named.index in (None, 0))


def _answers() -> list[tuple[object, str, object]]:
    """Owner, name and stand-in of everything that would ask a driver."""
    cuda = torch.cuda
    constants: dict[str, object] = {
        "is_available": True, "device_count": 1, "current_device": 0, "get_device_name": NAME,
        "is_initialized": True, "is_current_stream_capturing": False, "is_bf16_supported": True,
        "init": None, "synchronize": None, "set_device": None, "empty_cache": None,
        "manual_seed": None, "manual_seed_all": None, "seed": None, "seed_all": None,
        "memory_allocated": 0, "max_memory_allocated": 0, "memory_reserved": 0,
        "reset_peak_memory_stats": None, "get_device_capability": (9, 0),
    }  # fmt: skip
    found = [(cuda, name, _always(value)) for name, value in constants.items()]
    found.append((cuda, "device", lambda _device: nullcontext()))
    stream = SimpleNamespace(is_capturing=_always(False), synchronize=_always(None), query=_always(True))
    found.append((cuda, "current_stream", _always(stream)))
    accelerator = getattr(torch, "accelerator", None)
    if accelerator is not None:
        values = {
            "is_available": True, "device_count": 1, "current_device_index": 0, "synchronize": None,
            "current_stream": stream,
        }  # fmt: skip
        found += [(accelerator, name, _always(value)) for name, value in values.items()]
        found.append((accelerator, "current_accelerator", _always(torch.device("cuda"))))
    found += [(torch, "set_default_device", DEFAULT.put), (torch, "get_default_device", DEFAULT.get)]
    return [*found, (torch, "Generator", Generator)]


def _always(value: object) -> Callable:
    return lambda *_args, **_kwargs: value


_ANSWERS = [entry for entry in _answers() if hasattr(entry[0], entry[1])]


@contextmanager
def available() -> Iterator[None]:
    """Within it, there is a GPU, as far as a program can ask."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _stand_in in _ANSWERS]
    swap = torch.__future__.get_swap_module_params_on_conversion()
    for owner, name, stand_in in _ANSWERS:
        setattr(owner, name, stand_in)
    torch.__future__.set_swap_module_params_on_conversion(True)  # a parameter stays the same object
    try:
        yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(swap)
        for owner, name, original in before:
            setattr(owner, name, original)
