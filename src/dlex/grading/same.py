"""Do two replies tell of the same behaviour? What diagnosis compares, beyond values."""

from __future__ import annotations

import torch

from dlex.grading.compare import is_close
from dlex.worker import values, wire


def identical(seen: wire.Reply, reply: wire.Reply) -> bool:
    """Whether a check cannot tell two replies apart: equal to the last bit, or the same exception."""
    if seen.forbidden or (seen.error is None) != (reply.error is None):
        return False
    if seen.error is not None:
        ours, theirs = seen.error, reply.error
        return (ours.kind, ours.message, ours.bases) == (theirs.kind, theirs.message, theirs.bases)
    return _told(seen) == _told(reply)


def _told(reply: wire.Reply) -> bytes:
    """All that a check sees of an answer. Encoded, because to Python 1, 1.0 and True are equal."""
    return wire.encode([reply.value, reply.gradients, reply.observed])


def same(
    seen: wire.Reply, reply: wire.Reply, request: wire.Call | wire.Attribute, *, passed: bool = False
) -> bool:
    """Whether two replies to a request tell of the same behaviour, up to rounding.

    An exception may say the same in other words in a check that was `passed`, or if a learner chose them.
    """
    if (seen.error is None) != (reply.error is None) or seen.forbidden:
        return False
    if seen.error is not None:
        same_words = passed or _own_words(seen.error) or seen.error.message == reply.error.message
        return seen.error.kind == reply.error.kind and same_words
    magnitude = magnitude_of(request)
    return (
        same_value(seen.value, reply.value, magnitude)
        and _same_gradients(seen, reply, magnitude)
        and _same_effects(seen, reply)
    )


def _own_words(error: wire.Error) -> bool:
    """Whether a `raise` or `assert` of the learner's file chose the message, not torch."""
    return bool(error.frames) and error.frames[-1].source.lstrip().startswith(("raise", "assert"))


def magnitude_of(request: wire.Call | wire.Attribute) -> float:
    """The largest finite number among the arguments: what both sides had to round."""
    if isinstance(request, wire.Attribute):
        return 0.0
    arguments = [values.decode(arg, lambda ref: None) for arg in request.args]
    floats = [leaf for leaf in values.leaves(arguments) if leaf.is_floating_point() and leaf.numel()]
    finite = (torch.nan_to_num(leaf, nan=0.0, posinf=0.0, neginf=0.0) for leaf in floats)
    return max((float(numbers.abs().max()) for numbers in finite), default=0.0)


def same_value(seen: wire.Value, value: wire.Value, magnitude: float = 0.0) -> bool:
    """Whether two messages describe the same value, up to rounding; a malformed one never does."""
    try:
        return is_close(values.decode(seen, described), values.decode(value, described), magnitude)
    except (ValueError, TypeError, RuntimeError, OverflowError):  # a worker may have sent anything
        return False


def alike(seen: wire.Value, value: wire.Value) -> bool:
    """Whether two messages describe values of the same types, shapes, dtypes and devices."""
    if type(seen) is not type(value):
        return False
    if isinstance(seen, wire.Tensor):
        return (seen.shape, seen.dtype, seen.device) == (value.shape, value.dtype, value.device)
    if isinstance(seen, (wire.List, wire.Tuple)):
        return len(seen.items) == len(value.items) and all(map(alike, seen.items, value.items))
    if isinstance(seen, wire.Dict):
        names = seen.items.keys()
        return names == value.items.keys() and all(
            alike(seen.items[name], value.items[name]) for name in names
        )
    return not isinstance(seen, wire.Ref) or seen.type_name == value.type_name


def described(ref: wire.Ref | wire.Callback) -> object:
    """What stands in a comparison for an object that stayed on the other side."""
    return ref.type_name if isinstance(ref, wire.Ref) else ref.id


def _same_gradients(seen: wire.Reply, reply: wire.Reply, magnitude: float) -> bool:
    ours, theirs = seen.gradients or [], reply.gradients or []
    return len(ours) == len(theirs) and all(
        (a is None) == (b is None) and (a is None or same_value(a, b, magnitude))
        for a, b in zip(ours, theirs, strict=True)
    )


def _same_effects(seen: wire.Reply, reply: wire.Reply) -> bool:
    ours, theirs = seen.observed, reply.observed
    if ours is None or theirs is None:
        return ours is theirs
    return (
        (ours.random_state_moved, ours.drew) == (theirs.random_state_moved, theirs.drew)
        and len(ours.arguments) == len(theirs.arguments)
        and all(same_value(a, b) for a, b in zip(ours.arguments, theirs.arguments, strict=True))
    )
