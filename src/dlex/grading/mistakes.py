"""The mistake library: named wrong implementations, next to the oracle in a reference file."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from dlex.course import Exercise
from dlex.errors import CourseError

ATTRIBUTE = "dlex_mistake"
FEATURES = "dlex_features"


@dataclass(frozen=True)
class Implementation:
    """One way of making a mistake: its constants, and what stands in for which function."""

    constants: dict[str, object]
    functions: dict[str, Callable]


@dataclass(frozen=True)
class Mistake:
    """Wrong implementations by function name, and what to tell a learner who wrote them.

    `loses` names the checks that it must lose; empty means: at least one. Several
    `implementations` are one mistake with different constants.
    """

    name: str
    explanation: str
    implementations: tuple[Implementation, ...]
    loses: tuple[str, ...]
    line: int
    hint: str = ""

    @property
    def functions(self) -> set[str]:
        """The names of the functions that it stands for."""
        return set(self.implementations[0].functions)


@dataclass(frozen=True)
class Reference:
    """An exercise's oracle, its known mistakes and the names of its functions' arguments.

    `features` holds, for each random function, what tells its mistakes apart.
    """

    functions: dict[str, Callable]
    mistakes: list[Mistake]
    features: dict[str, Callable] = field(default_factory=dict)

    def parameters(self, function: str) -> list[str]:
        """The argument names of a function, for messages."""
        target = self.functions.get(function)
        return list(inspect.signature(target).parameters) if target else []


def mistake(
    explanation: str,
    *,
    hint: str = "",
    of: str | tuple[str, ...] = "",
    loses: tuple[str, ...] = (),
    **constants: tuple,
) -> Callable:
    """Register a wrong implementation under its own name.

    Args:
        explanation: what is wrong, told to the learner; says what to look at, not the answer.
        hint: what `dlex hint` says to a learner who has read the explanation and is still stuck: a
            question or a pointer, where to look next, never the answer.
        of: the function it stands for; may be left out where an exercise has only one. Several
            names, where a mistake in one function shows in others that call it: what is decorated
            is then called with the constants alone and returns one function for each name.
        loses: names of the checks that it must lose, all of them and no other. The contract's clause
            `device` goes without saying.
        constants: values of keyword arguments; the mistake is tried with every combination.

    Where two mistakes explain the same behaviour, the one that is wrong on fewer inputs is named;
    if that does not tell them apart, the one that stands first in the file.

    Example:
        >>> @mistake("normalises columns: each row is one example")
        ... def wrong_axis(X):
        ...     return torch.softmax(X, dim=0)

        >>> @mistake("starts at 1: the first step is step 0", of=("table", "add_table"))
        ... def starts_at_one():
        ...     def table(n):
        ...         return torch.arange(1, n + 1)
        ...
        ...     return table, lambda X: X + table(len(X))
    """

    def register(implementation: Callable) -> Callable:
        setattr(implementation, ATTRIBUTE, (explanation, of, loses, constants, hint))
        return implementation

    return register


def features(of: str = "") -> Callable:
    """Say of a random function what, in the answers of a submission, does not depend on luck.

    Two right answers to one call differ, so a mistake cannot be recognised by its values. The
    decorated function gets all calls that a check made of the function `of`, as a list of `Draw`s
    for each example, and yields what is certain to be the same for the same behaviour: the ratios
    that occur, whether all rows are equal, whether two calls gave the same. A mistake explains the
    check if its features equal the submission's, one by one; None matches nothing. Anything
    statistical should be read off large tensors only, where a wrong reading is next to impossible.
    Yield first what is quick to compute and tells most mistakes apart.

    Example:
        >>> @features()
        ... def dropout_features(examples):
        ...     yield {bool((draw.value == 0).any()) for draws in examples for draw in draws}
    """

    def register(implementation: Callable) -> Callable:
        setattr(implementation, FEATURES, of)
        return implementation

    return register


def load_reference(exercise: Exercise) -> Reference:
    """Load an exercise's reference file by path. CourseError if it does not fit the exercise."""
    path = exercise.path("reference")
    namespace = vars(load_module(path, f"dlex_reference_{exercise.id.replace('/', '_')}"))
    functions = {}
    for name in exercise.functions:
        if not callable(namespace.get(name)):
            raise CourseError(f"{path} defines no {name}", "course.toml lists it under `functions`.")
        functions[name] = namespace[name]
    marked = [value for value in namespace.values() if hasattr(value, ATTRIBUTE)]
    told_apart = {
        getattr(value, FEATURES) or exercise.functions[0]: value
        for value in namespace.values()
        if hasattr(value, FEATURES)
    }
    return Reference(functions, [_mistake(value, exercise, path) for value in marked], told_apart)


def _mistake(value: Callable, exercise: Exercise, path: Path) -> Mistake:
    """What a decorated function or class says of itself."""
    explanation, of, loses, constants, hint = getattr(value, ATTRIBUTE)
    name, line = value.__name__, inspect.getsourcelines(value)[1]
    targets = of or (exercise.functions[0] if len(exercise.functions) == 1 else "")
    if not set(exercise.functions) >= set([targets] if isinstance(targets, str) else targets):
        raise CourseError(
            f"{path}:{line}: the mistake {name} must say which function it stands for",
            f'Write @mistake("...", of="{exercise.functions[0]}").',
        )
    try:
        implementations = _implementations(value, targets, constants)
    except Exception as error:
        raise CourseError(
            f"{path}:{line}: the mistake {name} gives no functions: {type(error).__name__}: {error}",
            f"It must return one for each name: {', '.join(targets)}.",
        ) from error
    return Mistake(name, explanation, implementations, tuple(loses), line, hint)


def _implementations(
    implementation: Callable, of: str | tuple[str, ...], constants: dict[str, tuple]
) -> tuple[Implementation, ...]:
    """What stands in for which function, once per combination of constants."""
    found = []
    for each in itertools.product(*constants.values()):
        chosen = dict(zip(constants, each, strict=True))
        if isinstance(of, str):
            functions = {of: functools.partial(implementation, **chosen) if chosen else implementation}
        else:
            functions = dict(zip(of, implementation(**chosen), strict=True))
        found.append(Implementation(chosen, functions))
    return tuple(found)


def load_module(path: Path, name: str) -> ModuleType:
    """Run a file of the course as a module of this name. CourseError if it does not load."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError:
        raise CourseError(f"{path} is missing") from None
    except Exception as error:
        raise CourseError(f"{path} does not load: {type(error).__name__}: {error}") from error
    return module
