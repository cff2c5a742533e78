"""One real GPU as a worker reaches it: all that asks torch.cuda for anything is here.

A machine without a GPU tests the rest of the way with another class in place of `Driver`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import torch

DESCRIPTORS = "/proc/self/fd"
SYNCHRONISED = "called a synchronizing CUDA operation"


class Driver:
    """`device` is "cuda:1". Nothing is touched before `open`."""

    FILES = "/dev/nvidia"  # what the names of its device files begin with

    def __init__(self, device: str):
        self.device = torch.device(device)

    def open(self) -> None:
        """Make this process's context and load what exercises use: later, files are out of reach."""
        torch.cuda.set_device(self.device)
        for library in (torch.backends.cuda.matmul, torch.backends.cudnn):
            library.allow_tf32 = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
            square = torch.ones(4, 4, device=self.device, dtype=dtype)
            (square @ square).sum().item()
        torch.rand(4, device=self.device)
        self.synchronize()

    def check(self) -> None:
        """Use the context: memory, a kernel, a copy back. Raises whatever does not work."""
        (torch.ones(1 << 20, device=self.device) + 1).sum().item()

    def files(self) -> list[str]:
        """The device files that this process holds open, which it may have to open once more."""
        found = set()
        for name in os.listdir(DESCRIPTORS):
            with suppress(OSError):  # the descriptor of this very folder is closed by now
                found.add(os.readlink(f"{DESCRIPTORS}/{name}"))
        return sorted(path for path in found if path.startswith(self.FILES))

    def kind(self, tensor: torch.Tensor) -> str:
        """What a reply calls the device of a tensor: "cuda" or "cpu"."""
        return tensor.device.type

    def synchronize(self) -> None:
        """Wait until all that was started is done. Raises what went wrong there."""
        torch.cuda.synchronize(self.device)

    @contextmanager
    def counting_waits(self) -> Iterator[list[str]]:
        """Fills a list, at its end, with a warning for each time that the CPU waited for the GPU."""
        waits: list[str] = []
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                yield waits
        finally:
            torch.cuda.set_sync_debug_mode("default")
        waits += [text for warning in told if SYNCHRONISED in (text := str(warning.message))]

    @contextmanager
    def counting_bytes(self) -> Iterator[Callable[[], int]]:
        """Gives what tells, afterwards, the most memory that was taken beyond what is taken now."""
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        yield lambda: torch.cuda.max_memory_allocated(self.device) - before

    @contextmanager
    def keeping_random_state(self) -> Iterator[None]:
        """Within it, drawing leaves no trace."""
        with torch.random.fork_rng([self.device]):
            yield

    @contextmanager
    def cold(self) -> Iterator[Callable[[], None]]:
        """Gives what empties the cache."""
        size = 2 * torch.cuda.get_device_properties(self.device).L2_cache_size
        everything = torch.empty(size, dtype=torch.uint8, device=self.device)
        yield everything.zero_

    def milliseconds(self, call: Callable[[], object]) -> float:
        """The time of a call, by the GPU's own clock."""
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        call()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end)
