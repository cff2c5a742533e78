"""What a call costs, without a clock: operations, floating point operations, live memory.

Counted is what torch dispatches, in threads of the submission too, and with dispatch modes switched
off. Not seen is what does not go through torch: Python's numbers and NumPy.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import weakref
from collections.abc import Callable

import torch
from torch.utils import _python_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from dlex.worker import wire
from dlex.worker.values import leaves

_measuring: Measure | None = None


class Mode(TorchDispatchMode):
    """A dispatch mode that does not bring torch's compiler along, which takes a second to import."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


class Measure(Mode):
    """Counts what is dispatched inside the `with` block.

    `flops` counts products of matrices, convolutions and attention; `peak_bytes` is the most memory
    that new tensors held at one time.

    >>> with Measure() as measure:
    ...     _ = torch.ones(2) + 1
    >>> measure.operations, measure.peak_bytes
    (2, 16)
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations = self.flops = self.peak_bytes = 0
        self._live: dict[int, int] = {}  # bytes of each storage, by its address; of the arguments', none
        self._live_bytes = 0

    def __enter__(self):
        global _measuring
        _measuring = self
        return super().__enter__()

    def __exit__(self, *exception):
        global _measuring
        _measuring = None
        return super().__exit__(*exception)

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        self.operations += 1
        for storage in _storages([args, kwargs]):
            self._live.setdefault(storage._cdata, 0)
        result = op(*args, **(kwargs or {}))
        formula = flop_registry.get(op._overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **(kwargs or {}), out_val=result)
        for storage in _storages(result):
            self._hold(storage)
        return result

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._live:
            return
        self._live[key] = storage.nbytes()
        self._live_bytes += storage.nbytes()
        self.peak_bytes = max(self.peak_bytes, self._live_bytes)
        weakref.finalize(storage, self._free, key)

    def _free(self, key: int) -> None:
        self._live_bytes -= self._live.pop(key, 0)


def _storages(value: object) -> list[torch.UntypedStorage]:
    """Where the tensors in a value keep their numbers; sparse ones keep them in others."""
    return [leaf.untyped_storage() for leaf in leaves(value) if leaf.layout is torch.strided]


def measured(call: Callable[[], object]) -> tuple[object, wire.Cost]:
    """What a call returns, and what it costs."""
    with Measure() as measure:
        value = call()
    return value, wire.Cost(measure.operations, measure.flops, measure.peak_bytes)


class _Follow(Mode):
    """Counts in a thread for whatever call is being measured."""

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        if _measuring is not None:
            return _measuring.__torch_dispatch__(op, types, args, kwargs)
        return op(*args, **(kwargs or {}))


def follow() -> None:
    """From now on a submission does not escape the counting by a thread, or by switching modes off."""
    bootstrap = threading.Thread._bootstrap_inner

    def followed(thread: threading.Thread) -> None:
        with _Follow():
            bootstrap(thread)

    threading.Thread._bootstrap_inner = followed
    for owner, name in ((torch._C, "_DisableTorchDispatch"), (_python_dispatch, "_disable_current_modes")):
        setattr(owner, name, _for_torch_alone(getattr(owner, name)))


def _for_torch_alone(switch: Callable) -> Callable:
    """A context manager that switches modes off, but not for a submission that is being measured.

    torch itself needs it, to print a tensor for example.
    """

    def switched_off(*args, **kwargs):
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        counts = _measuring is not None and not caller.startswith("torch.")
        return contextlib.nullcontext() if counts else switch(*args, **kwargs)

    return switched_off
