"""What an exercise wants written by hand is taken away before the submission loads.

Kernels are overridden in the dispatcher, so aliases, methods, modules, threads and `torch.ops` all
meet the override. Functions that no kernel stands for, such as `torch.autograd.grad`, are replaced
where Python finds them, so whatever looks them up there meets the replacement. A call is remembered
even when the submission swallows the exception. This is for teaching, not for security: it runs in
the submission's own process.
"""

from __future__ import annotations

import ast
import linecache
import pkgutil
import sys
import warnings

import torch

from dlex.worker import wire


class WriteItByHand(RuntimeError):
    """Raised inside a submission that calls what the exercise asks it to write."""


class ByHand:
    """Overrides kernels and functions for the rest of this process and remembers who called them."""

    def __init__(self, kernels: list[str], functions: list[str], modules: list[str], filename: str):
        self._filename = filename
        self._modules = set(modules)
        self._met: list[wire.Forbidden] = []
        self._library = torch.library.Library("aten", "IMPL")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says that a kernel was overridden
            for kernel in filter(has_kernel, kernels):
                refusal = self._refusal(kernel_name(kernel))
                self._library.impl(kernel, refusal, "CPU")
                if has_kernel_for(kernel, "SparseCPU"):
                    self._library.impl(kernel, refusal, "SparseCPU")
                if is_composite(kernel):  # on the pretend GPU it would be taken apart before it is met
                    self._library.impl(kernel, refusal, "AutogradMeta")
        for function in filter(has_function, functions):
            self._replace(function)

    def scan_imports(self, tree: ast.AST, lines: list[str]) -> None:
        """Raise at the first import of a module that brings the answer along."""
        for node in ast.walk(tree):
            for name in _imported(node):
                if name.split(".")[0] in self._modules:
                    source = lines[node.lineno - 1].strip()[:200]
                    self._met.append(wire.Forbidden(f"import {name}", node.lineno, source))
                    raise WriteItByHand(f"line {node.lineno} imports {name}")

    def take(self) -> list[wire.Forbidden]:
        """What was met since the last time, and forget it."""
        met, self._met = self._met[:20], []
        return met

    def _replace(self, function: str) -> None:
        """Put a refusal in the place of "torch.autograd.grad" or "torch.optim.Optimizer.__init__"."""
        path, _, name = function.rpartition(".")
        owner = pkgutil.resolve_name(path)
        setattr(owner, name, self._refusal(function_name(function)))

    def _refusal(self, name: str):
        def refuse(*args, **kwargs):
            line, source = self._caller()
            self._met.append(wire.Forbidden(name, line, source))
            raise WriteItByHand(f"{name} is what this exercise asks you to write")

        return refuse

    def _caller(self) -> tuple[int, str]:
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename != self._filename:
            frame = frame.f_back
        if frame is None:
            return 0, ""
        return frame.f_lineno, linecache.getline(self._filename, frame.f_lineno).strip()[:200]


def kernel_name(kernel: str) -> str:
    """What messages call a kernel: "softmax" is "_softmax" and "softmax.int"."""
    return kernel.split(".")[0].lstrip("_")


def function_name(function: str) -> str:
    """What messages call a function: "torch.nn.RNN" is "torch.nn.RNN.__init__"."""
    return function.removesuffix(".__init__")


def has_kernel(kernel: str) -> bool:
    """Whether this torch has a kernel, by ATen's name: "_softmax", "softmax.int".

    One that it lacks needs no override; the names differ from version to version.
    """
    name, _, overload = kernel.partition(".")
    packet = getattr(torch.ops.aten, name, None)
    return packet is not None and (overload or "default") in packet.overloads()


def is_composite(kernel: str) -> bool:
    """Whether torch takes a kernel apart into others, whatever the device."""
    return has_kernel_for(kernel, "CompositeImplicitAutograd")


def has_kernel_for(kernel: str, key: str) -> bool:
    """Whether torch has one of its own for a dispatch key: "SparseCPU" is that of sparse tensors."""
    return torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{kernel}", key)


def has_function(function: str) -> bool:
    """Whether this torch has a function, by its full name: "torch.autograd.grad"."""
    try:
        pkgutil.resolve_name(function)
    except (ImportError, AttributeError):
        return False
    return True


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []
