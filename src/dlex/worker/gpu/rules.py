"""Which tensors may meet on CUDA.

Most operations want all their tensors on one device, but a CPU tensor without dimensions may join
tensors on the GPU, copies go anywhere, and a GPU tensor may be indexed by CPU tensors.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

ANYWHERE = {
    "copy_", "_to_copy", "copy", "fill_", "fill",
    "_pack_padded_sequence", "_pad_packed_sequence", "_ctc_loss",  # lengths stay on the CPU
}  # fmt: skip
INDEXING = {"index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put"}
WITHOUT_SCALARS = {  # here, not even a CPU tensor without dimensions may join
    "cat", "stack", "index_select", "gather", "scatter", "scatter_", "scatter_add", "scatter_add_",
    "take", "baddbmm", "masked_select", "equal",
}  # fmt: skip
RESULTS_ON_THE_CPU = {"_pack_padded_sequence": 1}  # which of its results
WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "unique_dim", "_unique2", "equal"}
MIXED = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
INDICES = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"


def offender(name: str, args: tuple, cpu: Sequence[Tensor], in_place: bool) -> Tensor | None:
    """The CPU tensor that an operation on GPU tensors does not accept; None if all is well.

    Args:
        name: ATen's name, "add", "index_put_".
        args: its positional arguments.
        cpu: the CPU tensors among all its arguments, at least one.
        in_place: whether it writes into its arguments.
    """
    if name in ANYWHERE or name.startswith("_foreach"):
        return None
    if name in INDEXING:
        return _offender_of_indexing(args, cpu)
    if in_place and any(args[0] is tensor for tensor in cpu):
        return args[0]
    strict = name in WITHOUT_SCALARS
    return next((tensor for tensor in cpu if strict or tensor.dim()), None)


def _offender_of_indexing(args: tuple, cpu: Sequence[Tensor]) -> Tensor | None:
    """Indices may be on the CPU; what is indexed, and values with dimensions, may not."""
    if any(args[0] is tensor for tensor in cpu):
        return args[0]
    values = args[2] if len(args) > 2 else None
    return values if values is not None and values.dim() and any(values is t for t in cpu) else None
