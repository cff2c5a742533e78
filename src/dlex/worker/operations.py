"""Counting the operations that torch dispatches: efficiency without a clock."""

from torch.utils._python_dispatch import TorchDispatchMode


class CountOperations(TorchDispatchMode):
    """Counts every operation dispatched inside the `with` block, in this thread.

    >>> with CountOperations() as counter:
    ...     _ = torch.ones(2) + 1
    >>> counter.operations
    2
    """

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.operations += 1
        return func(*args, **(kwargs or {}))
