"""From a fault with devices to what a learner reads: which tensor, what made it, what to write instead.

These mistakes need no entry in a mistake library: the worker saw them happen.
"""

from __future__ import annotations

from dlex.language import N_, _
from dlex.results.records import NamedMistake
from dlex.submission import line_in_words
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
    "cpu_tensor": N_(
        "makes a tensor on the CPU, where the arguments may be on a GPU: a new tensor needs "
        "the device of an argument"
    ),
    "cpu_random_numbers": N_(
        "draws random numbers on the CPU, where the arguments may be on a GPU: draw "
        "them on the device of an argument"
    ),
    "cpu_parameter": N_(
        "keeps a parameter on the CPU, where the arguments may be on a GPU: what belongs to "
        "a module has to move with it"
    ),
    "cpu_result": N_(
        "gives back a tensor on the CPU for arguments on a GPU: the result belongs on the "
        "device of the arguments"
    ),
    "moved_to_cpu": N_("moves numbers from the GPU to the CPU and does not bring them back"),
    "numpy_on_gpu": N_("hands a tensor to NumPy, which cannot read what is on a GPU: stay with torch"),
    "cpu_generator": N_("draws on one device with a generator of another: a generator belongs to a device"),
}


def mistake_of(fault: wire.Fault) -> NamedMistake:
    """The mistake behind a fault, by name."""
    name = _name(fault)
    return NamedMistake(name, _(EXPLANATIONS[name]))


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
    happened, reason = _happened(fault, argument), _made(fault)
    told = _("{problem}: {reason}. {advice}") if reason else _("{problem}. {advice}")
    told = told.format(problem=happened, reason=reason, advice=_instead(fault, argument))
    if not fault.line:
        return told
    return _("{where}: {told}").format(where=_line(fault.line, fault.source), told=told)


def _happened(fault: wire.Fault, argument: str) -> str:
    if fault.kind == "numpy":
        return _("NumPy cannot read a tensor that is on a GPU")
    if fault.kind == "generator":
        return _("a generator draws for another device than its own")
    if fault.kind == "result":
        return _("the result is on the CPU, but {argument} is on a GPU").format(argument=argument)
    if fault.kind == "index":
        return _("a tensor on the CPU is indexed by one on a GPU")
    told = _("`{operation}` meets tensors on a GPU and on the CPU")
    return told.format(operation=fault.operation.rstrip("_"))


def _made(fault: wire.Fault) -> str:
    if not fault.made_by or fault.kind in ("numpy", "generator"):
        return ""
    if fault.made_by == "nn.Parameter":
        return _("a parameter is still on the CPU")
    if fault.made_line in (0, fault.line):
        left, made = _("`{function}` left a tensor on the CPU"), _("`{function}` made a CPU tensor")
    else:
        left = _("`{function}` left a tensor on the CPU in {where}")
        made = _("`{function}` made a CPU tensor in {where}")
    where = _line(fault.made_line, fault.made_source)
    return (left if fault.made_by in MOVES else made).format(function=fault.made_by, where=where)


def _line(line: int, source: str) -> str:
    where = line_in_words(line)
    return _("{where} ({told})").format(where=where, told=source) if source else where


def _instead(fault: wire.Fault, argument: str) -> str:
    device = f"{argument}.device"
    if fault.kind == "numpy":
        told = _("Stay with torch, or go there with .cpu() and come back with .to({device}).")
    elif fault.kind == "generator":
        told = _("Make it with torch.Generator(device={device}), and draw with device={device}.")
    elif fault.made_by in LIKE:
        told = _("Pass device={device}, or use {like}.")
    elif fault.made_by in TAKE_A_DEVICE:
        told = _("Pass device={device}.")
    elif fault.made_by == "nn.Parameter":
        told = _("Move the module with .to({device}); a plain tensor in it moves only if it is a buffer.")
    else:
        told = _("Move it with .to({device}).")
    return told.format(device=device, like=LIKE.get(fault.made_by, "").format(X=argument))
