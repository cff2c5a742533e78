"""The loop of a worker: read a batch, answer each request with one frame."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import linecache
import random
import socket
import sys
import types

import torch

from dlex.worker import wire
from dlex.worker.by_hand import ByHand
from dlex.worker.errors import describe_error
from dlex.worker.executor import Executor
from dlex.worker.gpu import driver
from dlex.worker.gpu.pretend import PretendGpu
from dlex.worker.gpu.real import RealGpu
from dlex.worker.operations import follow

MODULE = "submission"


def serve(channel: socket.socket) -> None:
    """Answer the grader until it hangs up."""
    Worker(channel).run()


class Worker:
    """One submission in one process."""

    def __init__(self, channel: socket.socket):
        self._channel = channel
        self._reader = wire.FrameReader()
        self._executor: Executor | None = None
        self._by_hand: ByHand | None = None

    def run(self) -> None:
        while True:
            batch = self._receive()
            if batch is None:
                return
            for sequence, request in enumerate(batch.requests, batch.first):
                self._send(self._answer(request, sequence))

    def _answer(self, request: wire.Request, sequence: int) -> wire.Reply:
        if isinstance(request, wire.Load):
            reply = self._load(request, sequence)
        else:
            reply = self._executor.run(request, sequence)
        reply.forbidden = self._by_hand.take()
        _flush()
        return reply

    def _load(self, request: wire.Load, sequence: int) -> wire.Reply:
        """Execute a submission's source in a module of its own; answer with what it defines."""
        follow()
        random.seed(request.entropy)
        torch.manual_seed(request.entropy)
        self._by_hand = ByHand(request.kernels, request.functions, request.modules, request.filename)
        module = sys.modules[MODULE] = _module(request.filename)
        gpu = self._gpu(request)
        self._executor = Executor(module.__dict__, self._callback, filename=request.filename, gpu=gpu)
        lines = request.source.decode("utf-8", errors="replace").splitlines(keepends=True)
        linecache.cache[request.filename] = (len(request.source), None, lines, request.filename)
        try:
            tree = ast.parse(request.source, request.filename)
            self._by_hand.scan_imports(tree, lines)
            self._code = compile(tree, request.filename, "exec")
            exec(self._code, module.__dict__)
        except BaseException as error:
            return wire.Reply(sequence, error=describe_error(error, request.filename))
        return wire.Reply(sequence, wire.Dict(definitions(module.__dict__)))

    def _gpu(self, request: wire.Load) -> RealGpu | PretendGpu:
        if request.gpu:
            return RealGpu(driver.Driver(request.gpu))
        return PretendGpu(request.filename, self._load_again)

    def _load_again(self) -> dict[str, object]:
        """The submission's functions once more, in a module of their own; what it prints is known."""
        again = _module(self._executor.filename)
        nowhere = _Nowhere()
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            exec(self._code, again.__dict__)
        return again.__dict__

    def _callback(self, number: int):
        def call_the_grader(*args):
            arguments = [self._executor.encode(arg) for arg in args]
            self._send(wire.CallbackRequest(number, arguments))
            reply = self._receive()
            if reply.error is not None:
                raise RuntimeError(reply.error)
            return self._executor.decode(reply.value)

        return call_the_grader

    def _receive(self) -> wire.Batch | wire.CallbackReply | None:
        while (payload := self._reader.next()) is None:
            data = self._channel.recv(1 << 20)
            if not data:
                return None
            self._reader.feed(data)
        return wire.decode_from_grader(payload)

    def _send(self, message: wire.Reply | wire.CallbackRequest) -> None:
        try:
            payload = wire.frame(wire.encode(message))
        except Exception as error:  # too large, or text that is not Unicode
            reply = wire.Reply(message.sequence, error=describe_error(error, ""))
            payload = wire.frame(wire.encode(reply))
        self._channel.sendall(payload)


class _Nowhere(io.TextIOBase):
    """Takes what is printed, and forgets it: there is no file that a worker may write to."""

    def write(self, text: str) -> int:
        return len(text)


def _module(filename: str) -> types.ModuleType:
    module = types.ModuleType(MODULE)
    module.__file__ = filename
    return module


def definitions(namespace: dict[str, object]) -> dict[str, wire.Value]:
    """Names that a submission defines, each with its kind and, for functions, its parameters."""
    found: dict[str, wire.Value] = {}
    for name, value in namespace.items():
        if name.startswith("__") or len(found) >= 500:
            continue
        if inspect.isclass(value):
            kind = "class"
        elif inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
            kind = "async function"
        elif inspect.isgeneratorfunction(value):
            kind = "generator function"
        elif callable(value):
            kind = "function"
        else:
            continue
        found[name[:200]] = kind
    return found


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # a submission may have replaced or closed it
            pass
