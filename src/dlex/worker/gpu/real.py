"""A real GPU: a context made after the fork and before the lockdown, and calls with tensors there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from dlex.worker import wire
from dlex.worker.executor import Executor

SYNCHRONISED = "called a synchronizing CUDA operation"


def open_context(device: str) -> None:
    """Make this process's CUDA context and load what exercises use: later, files are out of reach."""
    torch.cuda.set_device(device)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    for dtype in (torch.float32, torch.float64):
        square = torch.ones(4, 4, device=device, dtype=dtype)
        (square @ square).sum().item()
    torch.rand(4, device=device)
    torch.cuda.synchronize()


class RealGpu:
    """Answers calls on a GPU; an `executor.Device`."""

    def __init__(self, device: str):
        self._device = torch.device(device)

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        plain = tensor.detach()
        there = torch.empty_strided(plain.shape, plain.stride(), dtype=plain.dtype, device=self._device)
        return there.copy_(plain).requires_grad_(tensor.requires_grad)

    def unwrap(self, tensor: torch.Tensor) -> tuple[torch.Tensor, str]:
        plain = tensor.as_subclass(torch.Tensor)  # a subclass may lie about its device
        return plain.detach().cpu(), plain.device.type

    def generator(self, seed: int) -> torch.Generator:
        return torch.Generator(self._generators).manual_seed(seed)

    def run(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        """Generators are made for the GPU; where an answer draws on the CPU, for the CPU."""
        self._generators = self._device
        try:
            return self._answered(executor, request, sequence)
        except RuntimeError as error:
            if "device type for generator" not in str(error):
                raise
        self._generators = torch.device("cpu")
        return self._answered(executor, request, sequence)

    def _answered(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        with executor.on(self):
            with _waits() if request.measure else nullcontext([]) as waits:
                done = executor.call(request)
            torch.cuda.synchronize(self._device)  # what goes wrong there goes wrong in this call
            reply = executor.reply(request, done, sequence)
        if reply.cost is not None:
            reply.cost.round_trips = sum(SYNCHRONISED in str(warning.message) for warning in waits)
        return reply


@contextmanager
def _waits() -> Iterator[list[warnings.WarningMessage]]:
    """Collects a warning for each time that the CPU waits for the GPU."""
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            yield told
    finally:
        torch.cuda.set_sync_debug_mode("default")
