"""Calls with tensors on a real GPU. The context is there: it was made before the lockdown."""

from __future__ import annotations

from collections.abc import Callable

import torch

from dlex.worker import wire
from dlex.worker.executor import Executor
from dlex.worker.gpu.driver import Driver
from dlex.worker.gpu.timing import nanoseconds
from dlex.worker.operations import measured


class RealGpu:
    """Answers calls on a GPU; an `executor.Device`."""

    def __init__(self, driver: Driver):
        self._driver = driver

    def put(self, tensor: torch.Tensor) -> torch.Tensor:
        plain = tensor.detach()
        there = torch.empty_strided(
            plain.shape, plain.stride(), dtype=plain.dtype, device=self._driver.device
        )
        return there.copy_(plain).requires_grad_(tensor.requires_grad)

    def unwrap(self, tensor: torch.Tensor) -> tuple[torch.Tensor, str]:
        plain = tensor.as_subclass(torch.Tensor)  # a subclass may lie about its device
        return plain.detach().cpu(), self._driver.kind(plain)

    def generator(self, seed: int) -> torch.Generator:
        return torch.Generator(self._generators).manual_seed(seed)

    def measured(self, call: Callable[[], object]) -> tuple[object, wire.Cost]:
        with self._driver.counting_waits() as waits, self._driver.counting_bytes() as most:
            value, cost = measured(call)
        cost.round_trips, cost.gpu_bytes = len(waits), most()
        return value, cost

    def run(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        """Generators are made for the GPU; where an answer draws on the CPU, for the CPU."""
        self._generators = self._driver.device
        try:
            return self._answered(executor, request, sequence)
        except RuntimeError as error:
            if "device type for generator" not in str(error):
                raise
        self._generators = torch.device("cpu")
        return self._answered(executor, request, sequence)

    def _answered(self, executor: Executor, request: wire.Call, sequence: int) -> wire.Reply:
        with executor.on(self):
            done = executor.call(request)
            self._driver.synchronize()  # what goes wrong there goes wrong in this call
            reply = executor.reply(request, done, sequence)
            if reply.cost is not None:
                reply.cost.nanoseconds = nanoseconds(self._driver, lambda: executor.prepared(request))
            return reply
