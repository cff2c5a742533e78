"""Reading a result that is to be looped over: a generator, a list, a loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dlex.worker import values

MAX_BYTES = 32 << 20


class TooManyItems(Exception):
    """A result went on after its last permitted item; the grader knows it by this name."""


def collecting(function: Callable, most: int) -> Callable:
    """`function`, with what it returns read to the end by `collected`."""
    return lambda *args, **kwargs: collected(function(*args, **kwargs), most)


def collected(value: object, most: int) -> object:
    """The items of an iterable as a list, lists among them as tuples. Anything else as it is.

    Raises:
        TooManyItems: there are more than `most`, or their tensors hold more than MAX_BYTES.

    >>> collected(zip("ab", [1, 2]), most=5)
    [('a', 1), ('b', 2)]
    """
    if not isinstance(value, Iterable) and not hasattr(type(value), "__getitem__"):
        return value
    items, size = [], 0
    for item in value:
        if len(items) == most:
            raise TooManyItems(f"it goes on after {most:,} items")
        items.append(tuple(item) if type(item) is list else item)
        size += sum(leaf.numel() * leaf.element_size() for leaf in values.leaves(item))
        if size > MAX_BYTES:
            raise TooManyItems(f"its first {len(items):,} items hold more than {MAX_BYTES >> 20} MB")
    return items
