"""From a fault with devices to what a learner reads: which tensor, what made it, what to write instead.

These mistakes need no entry in a mistake library: the worker saw them happen.
"""

from __future__ import annotations

from dlex.results.records import NamedMistake
from dlex.worker import wire

LIKE = {  # what takes its device from an argument
    "torch.zeros": "{X}.new_zeros", "torch.ones": "{X}.new_ones", "torch.empty": "{X}.new_empty",
    "torch.full": "{X}.new_full", "torch.tensor": "{X}.new_tensor",
    "torch.rand": "torch.rand_like({X})", "torch.randn": "torch.randn_like({X})",
}  # fmt: skip
TAKE_A_DEVICE = {
    *LIKE, "torch.arange", "torch.linspace", "torch.logspace", "torch.eye", "torch.randint",
    "torch.randperm", "torch.as_tensor", "torch.asarray", "torch.tril_indices", "torch.triu_indices",
}  # fmt: skip
RANDOM = {"torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.bernoulli", "torch.normal"}
MOVES = {"Tensor.cpu", "Tensor.to", "Tensor.type"}

EXPLANATIONS = {
    "cpu_tensor": "makes a tensor on the CPU, where the arguments may be on a GPU: a new tensor needs "
    "the device of an argument",
    "cpu_random_numbers": "draws random numbers on the CPU, where the arguments may be on a GPU: draw "
    "them on the device of an argument",
    "cpu_parameter": "keeps a parameter on the CPU, where the arguments may be on a GPU: what belongs to "
    "a module has to move with it",
    "cpu_result": "gives back a tensor on the CPU for arguments on a GPU: the result belongs on the "
    "device of the arguments",
    "moved_to_cpu": "moves numbers from the GPU to the CPU and does not bring them back",
    "numpy_on_gpu": "hands a tensor to NumPy, which cannot read what is on a GPU: stay with torch",
    "cpu_generator": "draws on one device with a generator of another: a generator belongs to a device",
}


def mistake_of(fault: wire.Fault) -> NamedMistake:
    """The mistake behind a fault, by name."""
    name = _name(fault)
    return NamedMistake(name, EXPLANATIONS[name])


def _name(fault: wire.Fault) -> str:
    if fault.kind in ("numpy", "generator"):
        return {"numpy": "numpy_on_gpu", "generator": "cpu_generator"}[fault.kind]
    if fault.made_by in MOVES:
        return "moved_to_cpu"
    if fault.kind == "result":
        return "cpu_result"
    if fault.made_by == "nn.Parameter":
        return "cpu_parameter"
    return "cpu_random_numbers" if fault.made_by in RANDOM else "cpu_tensor"


def explain(fault: wire.Fault, argument: str) -> str:
    """What happened, and what to write instead. `argument` is the name of one that is a tensor.

    >>> explain(wire.Fault("generator", line=5), "X")
    'line 5: a generator draws for another device than its own. Make it with ...'
    """
    return " ".join(filter(None, (_happened(fault, argument), _instead(fault, argument))))


def _happened(fault: wire.Fault, argument: str) -> str:
    where = f"{_line(fault.line, fault.source)}: " if fault.line else ""
    if fault.kind == "numpy":
        return f"{where}NumPy cannot read a tensor that is on a GPU."
    if fault.kind == "generator":
        return f"{where}a generator draws for another device than its own."
    what = {
        "result": f"the result is on the CPU, but {argument} is on a GPU",
        "index": "a tensor on the CPU is indexed by one on a GPU",
    }.get(fault.kind, f"`{fault.operation.rstrip('_')}` meets tensors on a GPU and on the CPU")
    return f"{where}{what}{_made(fault)}."


def _made(fault: wire.Fault) -> str:
    if fault.made_by == "nn.Parameter":
        return ": a parameter is still on the CPU"
    if not fault.made_by:
        return ""
    here = f" in line {fault.made_line}" if fault.made_line not in (0, fault.line) else ""
    source = f" ({fault.made_source})" if fault.made_source and here else ""
    verb = "left a tensor on the CPU" if fault.made_by in MOVES else "made a CPU tensor"
    return f": `{fault.made_by}` {verb}{here}{source}"


def _line(line: int, source: str) -> str:
    return f"line {line} ({source})" if source else f"line {line}"


def _instead(fault: wire.Fault, argument: str) -> str:
    device = f"{argument}.device"
    if fault.kind == "numpy":
        return f"Stay with torch, or go there with .cpu() and come back with .to({device})."
    if fault.kind == "generator":
        return f"Make it with torch.Generator(device={device}), and draw with device={device}."
    like = LIKE.get(fault.made_by, "").format(X=argument)
    if fault.made_by in TAKE_A_DEVICE:
        return f"Pass device={device}{f', or use {like}' if like else ''}."
    if fault.made_by == "nn.Parameter":
        return f"Move the module with .to({device}); a plain tensor in it moves only if it is a buffer."
    return f"Move it with .to({device})."
