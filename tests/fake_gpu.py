"""A stand-in for the GPU on the worker's side: the CPU computes; what only a GPU does is simulated.

Tests have the zygote run this file before it serves, so it imports nothing but torch and the worker.
"""

import os
import select
from contextlib import contextmanager

import torch

from dlex.worker.gpu import driver, spares

MEMORY = 1 << 40  # bytes
END_SECONDS = 1.0
TAKES = 0.25  # milliseconds, by the clock of this GPU


class FakeDriver(driver.Driver):
    """A GPU whose tensors are on the CPU. Its kernels may break it or never end, as `pending` says."""

    FILES = "/dev/full"  # a device file that no worker may open without a reason
    pending = ""

    def __init__(self, device: str):
        self.device = torch.device("cpu")
        self.flushed = 0

    def open(self) -> None:
        os.open(self.FILES, os.O_RDWR)
        torch.empty = limited(torch.empty)
        torch._assert_async = lambda condition: condition.all() or launch("assert")
        torch.cuda._sleep = lambda cycles: launch("endless")

    def check(self) -> None:
        os.close(os.open(self.FILES, os.O_RDWR))

    def kind(self, tensor: torch.Tensor) -> str:
        return "cuda"

    def synchronize(self) -> None:
        if self.pending == "assert":
            raise RuntimeError("CUDA error: device-side assert triggered")
        while self.pending == "endless":
            select.select([], [], [])

    @contextmanager
    def counting_bytes(self):
        yield lambda: 4096

    @contextmanager
    def keeping_random_state(self):
        with torch.random.fork_rng([]):
            yield

    @contextmanager
    def cold(self):
        yield self._flush

    def _flush(self) -> None:
        self.flushed += 1

    def milliseconds(self, call) -> float:
        call()
        return TAKES


def launch(kernel: str) -> None:
    """A kernel is started; what it does shows later."""
    FakeDriver.pending = kernel


def limited(empty):
    def allocate(*size, **options):
        if options.get("device") is not None and torch.Size(size).numel() * 4 > MEMORY:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 65536.00 GiB.")
        return empty(*size, **options)

    return allocate


def install() -> None:
    """From here on, forks of this process find this GPU."""
    torch.cuda.set_sync_debug_mode = lambda mode: None
    driver.Driver = FakeDriver
    spares.END_SECONDS = END_SECONDS
