"""Comparison of an answer with the expected one: type, shape, dtype, then values.

Tolerances come from one table by dtype. They are tight enough that a computation in a lower
precision fails, and loose enough that every right order of operations passes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from dlex.grading.failures import CheckFailed, Difference, Told
from dlex.grading.render import render_tensor, render_value
from dlex.language import N_, _


@dataclass(frozen=True)
class Tolerance:
    """`|got - expected| <= absolute + relative * |expected|`."""

    relative: float
    absolute: float


TOLERANCES = {
    torch.float16: Tolerance(3e-3, 1e-4),
    torch.bfloat16: Tolerance(3e-2, 1e-3),
    torch.float32: Tolerance(2e-5, 2e-6),
    torch.float64: Tolerance(1e-9, 1e-11),
    torch.complex64: Tolerance(2e-5, 2e-6),
    torch.complex128: Tolerance(1e-9, 1e-11),
}
EXACT = Tolerance(0.0, 0.0)
PYTHON_FLOAT = torch.float32  # item() of a float32 tensor makes one
ROUNDINGS = 8
RESULT = N_("the result")
GRADIENT_OF = "the gradient of "
TENSOR = "tensor"


@dataclass(frozen=True)
class Leeway:
    """What a right answer may lose besides the last digits of its result, see `assert_close`."""

    magnitude: float = 0.0
    terms: float = 0.0
    of_largest: bool = False


def tolerance_for(dtype: torch.dtype, leeway: Leeway) -> Tolerance:
    """The tolerance for a dtype.

    exp(x - m) cannot be more exact than x itself, and near x = 10,000 float32 moves in steps of
    0.001: such a `magnitude` is a relative error of the result. A sum of `terms` of that size has
    the same error, however large or small the result is.
    """
    base = TOLERANCES.get(dtype, EXACT)
    if base is EXACT:
        return base
    rounding = ROUNDINGS * torch.finfo(dtype).eps
    relative = base.relative + rounding * leeway.magnitude
    return Tolerance(relative, base.absolute + rounding * (leeway.magnitude + leeway.terms))


def assert_close(
    actual: object,
    expected: object,
    *,
    what: str = RESULT,
    magnitude: float = 0.0,
    terms: float = 0.0,
    of_largest: bool = False,
) -> None:
    """Fail unless `actual` is `expected`, up to rounding.

    Compares type, shape, dtype and device first, then where NaN and infinities are, then values.
    Lists, tuples and dicts are compared item by item. A Python float may come from a float32 tensor
    and is judged like one.

    Args:
        actual: what the submission returned.
        expected: what the reference returned.
        what: how a message calls the thing that is compared, in English: "the loss", "the gradient of w".
            What is not the same every time: `_("X of minibatch {number}").format(number=number)`.
        magnitude: size of the largest intermediate that may have to be rounded.
        terms: size of the largest number that is added or subtracted on the way to a sum.
        of_largest: judge each tensor relative to its largest entry instead of entry by entry (sums
            in which terms cancel).

    Raises:
        CheckFailed: they differ; its `difference` says where and how far.

    Example:
        >>> assert_close(torch.tensor([0.5]), torch.tensor([0.5000001]))
    """
    difference = compare(actual, expected, what, Leeway(magnitude, terms, of_largest))
    if difference is not None:
        raise CheckFailed(difference)


def assert_alike(actual: object, expected: object, *, what: str = RESULT) -> None:
    """Fail unless `actual` has the types, shapes, dtypes and devices of `expected`; values are free."""
    assert_close(actual, _with_values_of(actual, expected), what=what)


def _with_values_of(actual: object, expected: object) -> object:
    """`expected`, with the values of `actual` wherever these fit in."""
    if isinstance(expected, torch.Tensor):
        fits = isinstance(actual, torch.Tensor) and _structure(actual, expected, "") is None
        return actual if fits else expected
    if type(actual) is not type(expected):
        return expected
    if isinstance(expected, (list, tuple)) and len(actual) == len(expected):
        return type(expected)(_with_values_of(a, e) for a, e in zip(actual, expected, strict=True))
    if isinstance(expected, dict) and actual.keys() == expected.keys():
        return {key: _with_values_of(actual[key], value) for key, value in expected.items()}
    return actual if isinstance(expected, (int, float)) else expected


def is_close(actual: object, expected: object, magnitude: float = 0.0) -> bool:
    """Whether `assert_close` would pass."""
    return compare(actual, expected, "", Leeway(magnitude)) is None


def compare(actual: object, expected: object, what: str, leeway: Leeway = Leeway()) -> Difference | None:
    """The first difference, or None."""
    if isinstance(expected, torch.Tensor):
        return _compare_tensors(actual, expected, what, leeway)
    if isinstance(expected, (list, tuple)):
        return _compare_sequences(actual, expected, what, leeway)
    if isinstance(expected, dict):
        return _compare_dicts(actual, expected, what, leeway)
    if type(actual) is not type(expected):
        return _type_difference(actual, expected, what)
    if isinstance(expected, float):
        if math.isnan(expected) and math.isnan(actual):
            return None
        allowed = tolerance_for(PYTHON_FLOAT, leeway)
        if math.isclose(actual, expected, rel_tol=allowed.relative, abs_tol=allowed.absolute):
            return None
    elif actual == expected:
        return None
    told = _("{what} is {got}, expected {wanted}")
    return _unlike("value", actual, expected, what, lambda: told.format(
        what=called(what), got=repr(actual), wanted=repr(expected)
    ))  # fmt: skip


def _compare_sequences(actual, expected, what, leeway: Leeway) -> Difference | None:
    """A list will do for a tuple, and the other way round: both are unpacked alike."""
    if not isinstance(actual, (list, tuple)):
        return _type_difference(actual, expected, what)
    if len(actual) != len(expected):
        told = _("{what} has {count} items, expected {wanted}")
        return _unlike("shape", actual, expected, what, lambda: told.format(
            what=called(what), count=len(actual), wanted=len(expected)
        ))  # fmt: skip
    items = zip(actual, expected, strict=True)
    return _first_difference(what, enumerate(items), leeway)


def _compare_dicts(actual, expected, what, leeway: Leeway) -> Difference | None:
    if not isinstance(actual, dict):
        return _type_difference(actual, expected, what)
    if actual.keys() != expected.keys():
        told = _("{what} has the keys {keys}, expected {wanted}")
        return _unlike("shape", actual, expected, what, lambda: told.format(
            what=called(what), keys=sorted(actual), wanted=sorted(expected)
        ))  # fmt: skip
    items = ((key, (actual[key], expected[key])) for key in expected)
    return _first_difference(what, items, leeway)


def _first_difference(what: str, items, leeway: Leeway) -> Difference | None:
    """The first pair that differs; it is called as code would: result[0], result[1]['b_q']."""
    whole = what.removeprefix("the ")
    for key, (actual, expected) in items:
        difference = compare(actual, expected, f"{whole}[{key!r}]", leeway)
        if difference is not None:
            return difference
    return None


def _type_difference(actual: object, expected: object, what: str) -> Difference:
    told = _("{what} is {got}, expected {wanted}")
    difference = _unlike("type", actual, expected, what, lambda: told.format(
        what=called(what), got=kind_of(actual), wanted=kind_of(expected)
    ))  # fmt: skip
    difference.types = type_of(actual), type_of(expected)
    return difference


def _unlike(kind: str, actual: object, expected: object, what: str, summary: Callable[[], str]) -> Difference:
    return Difference(kind, lambda: (summary(), render_value(actual), render_value(expected)), what=what)


def _compare_tensors(actual, expected, what: str, leeway: Leeway) -> Difference | None:
    if not isinstance(actual, torch.Tensor):
        return _type_difference(actual, expected, what)
    structure = _structure(actual, expected, what)
    if structure is not None:
        kind, summary = structure
        difference = Difference(
            kind, lambda: (summary, render_tensor(actual), render_tensor(expected)), what=what
        )
        difference.types = _short(actual.dtype), _short(expected.dtype)
        if kind == "device":
            difference.fault = actual.elsewhere.fault
        return difference
    allowed = tolerance_for(expected.dtype, leeway)
    if leeway.of_largest and expected.numel():
        finite = torch.nan_to_num(expected.detach(), nan=0.0, posinf=0.0, neginf=0.0)
        allowed = Tolerance(0.0, allowed.absolute + allowed.relative * float(finite.abs().max()))
    if torch.equal(actual, expected):
        return None
    if allowed == EXACT:
        close = actual == expected
    else:
        close = torch.isclose(actual, expected, allowed.relative, allowed.absolute, equal_nan=True)
    if bool(close.all()):
        return None
    return _value_difference(actual, expected, ~close, what, allowed)


def _structure(actual: torch.Tensor, expected: torch.Tensor, what: str) -> tuple[str, str] | None:
    if actual.shape != expected.shape:
        told = _("{what} has shape {shape}, expected {wanted}")
        sizes = {"shape": tuple(actual.shape), "wanted": tuple(expected.shape)}
        return "shape", told.format(what=called(what), **sizes)
    if actual.dtype != expected.dtype:
        told = _("{what} has dtype {dtype}, expected {wanted}")
        dtypes = {"dtype": _short(actual.dtype), "wanted": _short(expected.dtype)}
        return "dtype", told.format(what=called(what), **dtypes)
    elsewhere = getattr(actual, "elsewhere", None)
    if elsewhere is not None:
        told = _("{what} is on {device}, expected {wanted}")
        return "device", told.format(what=called(what), device=elsewhere.device, wanted=elsewhere.wanted)
    return None


def _value_difference(actual, expected, wrong, what: str, allowed: Tolerance) -> Difference:
    special = wrong & ~(torch.isfinite(actual) & torch.isfinite(expected))
    if bool(special.any()):
        told = partial(_tell_special, actual, expected, wrong, special, what)
        return Difference("special", told, what=what)
    return Difference("value", partial(_tell_values, actual, expected, wrong, what, allowed), what=what)


def _tell_special(actual, expected, wrong, special, what: str) -> Told:
    where = tuple(special.nonzero()[0].tolist())
    a, e = _apart(actual[where].item(), expected[where].item())
    place = _("for instance at {where}").format(where=list(where))
    summary = _("{problem}: {got} instead of {wanted}")
    summary = summary.format(problem=_wrong_entries(wrong, what, place), got=a, wanted=e)
    return summary, render_tensor(actual, wrong), render_tensor(expected, wrong)


def _tell_values(actual, expected, wrong, what: str, allowed: Tolerance) -> Told:
    distance = _wide(actual).sub(_wide(expected)).abs()
    bound = allowed.absolute + allowed.relative * _wide(expected).abs()
    excess = torch.where(wrong, distance / bound.clamp_min(1e-300), -1.0)
    where = tuple(int(i) for i in torch.unravel_index(excess.argmax(), excess.shape))
    entries = actual[where].item(), expected[where].item()
    a, e = _apart(*entries)
    problem = _wrong_entries(wrong, what, _("the worst at {where}").format(where=list(where)))
    if allowed == EXACT:
        summary = _("{problem}: {got} instead of {wanted}").format(problem=problem, got=a, wanted=e)
    else:
        summary = _("{problem}: {got} instead of {wanted}, off by {off:.2g}, allowed {allowed:.1g}").format(
            problem=problem, got=a, wanted=e, off=distance[where].item(), allowed=bound[where].item()
        )
    digits = _digits_apart(*entries, fewest=5)
    shown = digits if digits > 5 else 0
    return summary, render_tensor(actual, wrong, shown), render_tensor(expected, wrong, shown)


def _wrong_entries(wrong: torch.Tensor, what: str, where: str) -> str:
    if wrong.numel() == 1:
        return _("{what} is wrong").format(what=called(what))
    told = _("{count} of {total} entries of {what} are wrong; {where}")
    if what == RESULT:
        told = _("{count} of {total} entries are wrong; {where}")
    return told.format(count=int(wrong.sum()), total=wrong.numel(), what=called(what), where=where)


def _apart(a, e) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    if not isinstance(a, float):
        return str(a), str(e)
    a, e = a + 0.0, e + 0.0  # no -0
    digits = _digits_apart(a, e, fewest=6)
    return f"{a:.{digits}g}", f"{e:.{digits}g}"


def _digits_apart(a, e, fewest: int) -> int:
    """How many digits it takes to tell two numbers apart."""
    if not isinstance(a, float):
        return fewest
    return next((digits for digits in (fewest, 9, 12) if f"{a:.{digits}g}" != f"{e:.{digits}g}"), 17)


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def called(what: str) -> str:
    """What a message calls the thing that is compared."""
    name = what.removeprefix(GRADIENT_OF)
    return _("the gradient of {name}").format(name=name) if name != what else _(what)


def kind_of(value: object) -> str:
    """What a message calls a value: "a tensor", "None", "a numpy.ndarray of shape (2,), float32"."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return _("a tensor")
    name = type_of(value)
    an = name[0] in "aeiou" and not hasattr(value, "described")
    return (_("an {type}") if an else _("a {type}")).format(type=name)


def type_of(value: object) -> str:
    """The name of a value's type: "tensor", "None", "numpy.ndarray (shape (2,), float32)"."""
    if value is None or isinstance(value, torch.Tensor):
        return "None" if value is None else TENSOR
    return getattr(value, "described", None) or type(value).__name__
