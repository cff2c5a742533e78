"""What a right answer costs, at two sizes, beside the reference: operations, not seconds.

The counts are exact and the same on every machine. They grow where an answer works entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from dlex.language import _, ngettext
from dlex.results.records import Efficiency
from dlex.worker import wire

MUCH = 1.5  # times as much as the reference's grow: more is growth


def efficiency(
    function: str,
    sizes: tuple[dict[str, int], dict[str, int]],
    entries: tuple[int, int],
    costs: tuple[wire.Cost, wire.Cost],
    reference: tuple[wire.Cost, wire.Cost],
) -> Efficiency:
    """The record of a function's cost.

    Args:
        function: its name.
        sizes: the two sizes that it was called at, small and large.
        entries: how many entries its result has at each.
        costs: what its calls cost.
        reference: what the same calls cost the reference.
    """
    labels = [_label(size, other) for size, other in zip(sizes, reversed(sizes), strict=True)]
    small, large = (cost.operations for cost in costs)
    grows = large * reference[0].operations > MUCH * small * max(reference[1].operations, 1)
    needs = _dispatched(function, labels, (small, large))
    if grows:
        needs = _("{needs}: {growth}").format(needs=needs, growth=_growth(sizes, entries, small, large))
    return Efficiency(
        operations=dict(zip(labels, (small, large), strict=True)),
        reference=dict(zip(labels, (cost.operations for cost in reference), strict=True)),
        flops=dict(zip(labels, (cost.flops for cost in costs), strict=True)),
        peak_bytes=dict(zip(labels, (cost.peak_bytes for cost in costs), strict=True)),
        grows=grows,
        told=_("{answer}; {reference}").format(
            answer=needs, reference=_needed([cost.operations for cost in reference])
        ),
        reference_bytes=dict(zip(labels, (cost.peak_bytes for cost in reference), strict=True)),
        round_trips=_if_any(labels, [cost.round_trips for cost in costs]),
        gpu_bytes=_if_any(labels, [cost.gpu_bytes for cost in costs]),
        gpu_microseconds=_if_any(labels, [cost.nanoseconds / 1000 for cost in costs]),
    )


def _if_any(labels: list[str], counts: list) -> dict:
    """By size; nothing if nothing was counted."""
    return dict(zip(labels, counts, strict=True)) if any(counts) else {}


def _dispatched(function: str, labels: list[str], counts: tuple[int, int]) -> str:
    small, large = counts
    if small == large:
        told = ngettext(
            "{function} dispatches {n:,} operation at both sizes",
            "{function} dispatches {n:,} operations at both sizes",
            small,
        )
        return told.format(function=function, n=small)
    told = _("{function} dispatches {small:,} operations for {size} and {large:,} for {other}")
    return told.format(function=function, small=small, size=labels[0], large=large, other=labels[1])


def _needed(counts: Sequence[int]) -> str:
    small, large = counts
    if small == large:
        return _("the reference needs {count:,} for both").format(count=small)
    return _("the reference needs {small:,} and {large:,}").format(small=small, large=large)


def _label(size: dict[str, int], other: dict[str, int]) -> str:
    """What is special about a size."""
    return ", ".join(f"{name}={value}" for name, value in size.items() if other[name] != value)


def _growth(
    sizes: tuple[dict[str, int], dict[str, int]], entries: tuple[int, int], small: int, large: int
) -> str:
    """What the operations grow with, and how many it takes of each, as far as two counts can tell.

    It is the quantity that leaves the least unexplained when its share is taken off.
    """
    quantities = {name: (sizes[0][name], sizes[1][name]) for name in sizes[0]}
    quantities[_("entry of the result")] = entries
    slopes = {name: (large - small) / (many - few) for name, (few, many) in quantities.items() if many > few}
    rests = {name: abs(small - slope * quantities[name][0]) for name, slope in slopes.items()}
    best = [name for name, rest in rests.items() if rest == min(rests.values())]
    if not best or rests[best[0]] > small / 2:
        return _("they grow with the input")
    if len(best) > 1:
        names = ", ".join(best[:-1]) + _(" or ") + best[-1]
        return _("they grow with {names}").format(names=names)
    slope = round(slopes[best[0]])
    if slope <= 1:
        return _("one for each {quantity}").format(quantity=best[0])
    return _("about {count:,} for each {quantity}").format(count=slope, quantity=best[0])
